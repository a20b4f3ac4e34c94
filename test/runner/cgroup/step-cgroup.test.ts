import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, it } from "node:test";
import { CgroupFolder } from "../../../dist/runner/cgroup/cgroup-folder.js";
import { runInCgroup } from "../../../dist/runner/cgroup/run-in-cgroup.js";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { Stage } from "../../support/actors.js";
import { ESCAPED, FOR_EVER, Output } from "../process/step-lines.js";
import { FakeCgroups } from "./fake-cgroups.js";
import type { StepCgroup } from "../../../dist/runner/cgroup/step-cgroup.js";

const UNIT = "/cg/tailcast.service";
const HOME = `${UNIT}/server`;
const BUILD = "0mwzum8907dso8ff";
const skip = process.platform === "linux" ? false : "control groups exist on Linux only";

function makeStep({ pids = 0 } = {}): { fake: FakeCgroups; folder: CgroupFolder; cgroup: StepCgroup; name: string } {
  const fake = new FakeCgroups(HOME);
  const folder = new CgroupFolder("auto", pids, fake);
  const cgroup = folder.create(BUILD);
  fake.writes.length = 0;
  fake.moves.length = 0;
  return { fake, folder, cgroup, name: basename(cgroup.path) };
}

describe("StepCgroup", { skip }, () => {
  it("starts a process while this process is inside, and sets the limit when it is outside again", () => {
    const { fake, cgroup, name } = makeStep({ pids: 7 });
    const seen = cgroup.start(() => [fake.own(), ...fake.writes]);
    assert.deepEqual(seen, [cgroup.path]);
    assert.deepEqual(fake.moves, [name, "server"]);
    assert.deepEqual(fake.writes, [`${name} pids.max 7`]);
    assert.equal(fake.own(), HOME);
  });

  it("leaves when the process cannot start", () => {
    const { fake, cgroup } = makeStep();
    const start = (): void => cgroup.start(() => assert.fail("no such program"));
    assert.throws(start, { message: "no such program" });
    assert.equal(fake.own(), HOME);
  });

  it("leaves to another cgroup when its own was removed meanwhile", () => {
    const { fake, folder, cgroup } = makeStep();
    cgroup.start(() => fake.remove(HOME));
    assert.match(fake.own() ?? "", /^\/cg\/tailcast\.service\/tailcast-\d+-\d+-server$/);
    folder.create(BUILD).start(() => undefined);
    assert.match(fake.own() ?? "", /-server$/);
  });

  it("starts nothing when it cannot enter", () => {
    const { fake, cgroup } = makeStep();
    fake.remove(cgroup.path);
    const start = (): void => cgroup.start(() => assert.fail("it was started"));
    assert.throws(start, { message: `Cannot enter the cgroup of the step: ENOENT: ${cgroup.path}` });
  });

  it("kills the process when it cannot be limited", () => {
    const { fake, cgroup, name } = makeStep({ pids: 7 });
    fake.onWrite = (file) => {
      if (file.endsWith("pids.max")) throw new Error("EIO");
    };
    const start = (): void => cgroup.start(() => undefined);
    assert.throws(start, { message: "Cannot limit the processes of the step: EIO" });
    assert.deepEqual(fake.writes, [`${name} cgroup.kill 1`]);
  });

  it("kills everything in it, but never this process, which a build can move into it", () => {
    const { fake, cgroup, name } = makeStep();
    fake.put(process.pid, cgroup.path);
    cgroup.kill();
    assert.deepEqual([fake.own(), fake.writes], [HOME, [`${name} cgroup.kill 1`]]);

    fake.put(process.pid, cgroup.path);
    fake.onWrite = (file) => {
      if (file.endsWith("cgroup.procs")) throw new Error("EACCES");
    };
    cgroup.kill();
    assert.deepEqual([fake.own(), fake.writes], [cgroup.path, [`${name} cgroup.kill 1`]]);
  });

  it("finds its members, also in cgroups that the step has made in it", () => {
    const { fake, cgroup } = makeStep();
    fake.make(`${cgroup.path}/nested`);
    fake.put(process.ppid, `${cgroup.path}/nested`);
    fake.put(process.pid, cgroup.path);
    assert.deepEqual(cgroup.members().map(({ pid }) => pid), [process.ppid]);
  });

  it("is removed with the cgroups and the processes in it", async () => {
    const { fake, cgroup, name } = makeStep();
    fake.make(`${cgroup.path}/nested`);
    fake.make(`${cgroup.path}/nested/deep`);
    fake.put(process.ppid, `${cgroup.path}/nested/deep`);
    assert.equal(await cgroup.remove(), true);
    assert.deepEqual([fake.list(UNIT), fake.writes], [["server"], [`${name} cgroup.kill 1`]]);
    assert.equal(await cgroup.remove(), true);
  });
});

describe("runInCgroup()", { skip }, () => {
  it("says that the limit was reached, and removes the cgroup", async () => {
    const { fake, folder } = makeStep({ pids: 7 });
    const said: string[] = [];
    const result = await runInCgroup(folder, BUILD, (text) => said.push(text), async (cgroup) => {
      fake.set(cgroup?.path ?? "", "pids.events", "max 3\n");
      return { type: "failed", exitCode: 2 };
    });
    assert.deepEqual(result, { type: "failed", exitCode: 2 });
    assert.deepEqual(said, ["the limit of 7 processes and threads (pids) was reached; the step could not start more"]);
    assert.equal(fake.list(UNIT).length, 2);
  });

  it("counts the limit where an old kernel does: in the cgroups that the step has made", async () => {
    const { fake, folder } = makeStep({ pids: 7 });
    const said: string[] = [];
    await runInCgroup(folder, BUILD, (text) => said.push(text), async (cgroup) => {
      fake.make(`${cgroup?.path}/nested`);
      fake.set(`${cgroup?.path}/nested`, "pids.events", "max 1\n");
      return { type: "succeeded" };
    });
    assert.equal(said.length, 1);
  });

  it("says nothing about a limit that was not reached", async () => {
    const { folder } = makeStep({ pids: 7 });
    const run = async (): Promise<{ type: "succeeded" }> => ({ type: "succeeded" });
    await runInCgroup(folder, BUILD, (text) => assert.fail(text), run);
  });

  it("does not start a step whose cgroup cannot be made", async () => {
    const { fake, folder } = makeStep();
    fake.make = () => assert.fail("ENOSPC");
    const run = (): Promise<never> => assert.fail("it was started");
    const result = await runInCgroup(folder, BUILD, (text) => assert.fail(text), run);
    assert.deepEqual(result, { type: "not-started", reason: "its cgroup could not be made: ENOSPC" });
  });
});

describe("runStep() in a cgroup", { skip }, () => {
  for (const kernel of ["new", "old"]) {
    it(`ends a process that has left the group and its environment, on a kernel that is ${kernel}`, async (t) => {
      const { fake, cgroup, name } = makeStep();
      const stage = await Stage.open(t);
      const output = new Output();
      const run = runStep(stage.step("main"), { cgroup, drain: FOR_EVER, onLines: output.onLines });
      const main = await stage.actor("main");
      await main.do({ action: "spawn", child: "daemon", output: "ignore", detached: true, isBare: true });
      const daemon = await stage.actor("daemon");
      await daemon.do({ action: "onTerm", say: "" });
      // The kernel does that.
      fake.put(daemon.pid, cgroup.path);
      fake.onWrite = (file) => {
        if (!file.endsWith("cgroup.kill")) return;
        if (kernel === "old") throw new Error("EACCES: before Linux 5.14, there is no such file");
        process.kill(daemon.pid, "SIGKILL");
      };
      main.tell({ action: "exit", code: 0 });
      assert.deepEqual(await run, { type: "succeeded" });
      await daemon.gone;
      assert.deepEqual(output.lines, [ESCAPED]);
      assert.deepEqual(fake.writes, kernel === "new" ? [`${name} cgroup.kill 1`] : []);
    });
  }

  it("says why the command could not enter", async () => {
    const { fake, cgroup } = makeStep();
    fake.onWrite = () => {
      throw Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    };
    const step = { name: "build", command: "/bin/true", args: [], cwd: "/" };
    const reason = "Cannot enter the cgroup of the step: EACCES: permission denied";
    assert.deepEqual(await runStep(step, { cgroup, onLines: () => undefined }), { type: "not-started", reason });
  });
});
