import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { CgroupFolder } from "../../../dist/runner/cgroup/cgroup-folder.js";
import { identify } from "../../../dist/runner/process/identity.js";
import { FakeCgroups } from "./fake-cgroups.js";

const UNIT = "/cg/system.slice/tailcast.service";
const BUILD = "0mwzum8907dso8ff";
const skip = process.platform === "linux" ? false : "control groups exist on Linux only";

/** The start of the names of this process. */
function prefix(pid = process.pid): string {
  return `tailcast-${pid}-${identify(pid)?.startTime}-`;
}

describe("CgroupFolder", { skip }, () => {
  it("moves this process to a cgroup below that of its unit, enables the controller, and tries a step", () => {
    const fake = new FakeCgroups(UNIT);
    const folder = new CgroupFolder("auto", 10, fake);
    assert.equal(folder.path, UNIT);
    assert.equal(folder.limitProblem, undefined);
    const server = `${prefix()}server`;
    assert.deepEqual(fake.moves, [server, `${prefix()}0000000000000000-1`, server]);
    assert.deepEqual(fake.writes, [
      "tailcast.service cgroup.subtree_control +pids",
      `${prefix()}0000000000000000-1 pids.max 10`,
    ]);
    assert.deepEqual(fake.list(UNIT), [server]);
  });

  it("keeps this process in the subgroup in which systemd has put it", () => {
    const fake = new FakeCgroups(`${UNIT}/server`);
    const folder = new CgroupFolder("auto", 10, fake);
    assert.deepEqual([folder.path, fake.own()], [UNIT, `${UNIT}/server`]);
    assert.deepEqual(fake.list(UNIT), ["server"]);
  });

  it("finds the folder again when this process has moved already", () => {
    const fake = new FakeCgroups("/cg/container");
    const folders = [1, 2].map(() => new CgroupFolder("auto", 10, fake).path);
    assert.deepEqual(folders, ["/cg/container", "/cg/container"]);
    assert.deepEqual(fake.list("/cg/container"), [`${prefix()}server`]);
  });

  it("uses a directory that was named, and returns to the own cgroup after each step", () => {
    const fake = new FakeCgroups("/cg/session.scope");
    fake.make("/cg/builds");
    const folder = new CgroupFolder("/cg/builds/", 0, fake);
    assert.deepEqual([folder.path, fake.own()], ["/cg/builds", "/cg/session.scope"]);
    assert.deepEqual(fake.writes, []);
  });

  it("refuses a cgroup that was not delegated", () => {
    const fake = new FakeCgroups(UNIT);
    fake.areDelegated = false;
    const isRoot = process.geteuid?.() === 0;
    const message = isRoot
      ? "root may write to every cgroup; name the one that was delegated"
      : `${UNIT} is not delegated to this user; with systemd, set Delegate=pids`;
    assert.throws(() => new CgroupFolder("auto", 10, fake), { message });
    assert.deepEqual([fake.own(), fake.list(UNIT)], [UNIT, []]);
  });

  it("refuses a directory that is not a cgroup, or that this process cannot enter", () => {
    const fake = new FakeCgroups(UNIT);
    const missing = "/cg/nothing is not a cgroup that this server can use (ENOENT: /cg/nothing)";
    assert.throws(() => new CgroupFolder("/cg/nothing", 0, fake), { message: missing });
    fake.make("/cg/closed");
    fake.onWrite = (file) => {
      if (file.startsWith("/cg/closed/")) throw new Error("EACCES: permission denied");
    };
    const reason = "Cannot enter the cgroup of the step: EACCES: permission denied";
    const closed = `/cg/closed is not a cgroup that this server can use (${reason})`;
    assert.throws(() => new CgroupFolder("/cg/closed", 0, fake), { message: closed });
    assert.deepEqual(fake.list("/cg/closed"), []);
  });

  it("says why the number of processes cannot be limited, and sets no limit", () => {
    const without = new FakeCgroups(UNIT, { controllers: "cpu" });
    const folder = new CgroupFolder("auto", 10, without);
    const hint = "with systemd, set Delegate=pids";
    assert.equal(folder.limitProblem, `${UNIT} has no controller "pids"; ${hint}`);
    assert.equal(folder.create(BUILD).limit, 0);

    const crowded = new FakeCgroups(UNIT);
    crowded.put(1, UNIT);
    const other = `other processes are in ${UNIT}; with systemd, set DelegateSubgroup=server`;
    assert.equal(new CgroupFolder("auto", 10, crowded).limitProblem, other);
    assert.equal(new CgroupFolder("auto", 0, crowded).limitProblem, undefined);

    const closed = new FakeCgroups(UNIT);
    closed.onWrite = (file) => {
      if (file.endsWith("subtree_control")) throw new Error("EACCES: permission denied");
    };
    const refused = `the controller "pids" cannot be enabled (EACCES: permission denied); ${hint}`;
    assert.equal(new CgroupFolder("auto", 10, closed).limitProblem, refused);
  });

  it("names the cgroup of each step by its server, its build and a number", () => {
    const fake = new FakeCgroups(`${UNIT}/server`);
    const folder = new CgroupFolder("auto", 0, fake);
    const paths = [1, 2].map(() => folder.create(BUILD).path);
    assert.deepEqual(paths, [`${UNIT}/${prefix()}${BUILD}-2`, `${UNIT}/${prefix()}${BUILD}-3`]);
  });

  it("makes no cgroup of a text that is not the id of a build", () => {
    const fake = new FakeCgroups(`${UNIT}/server`);
    const folder = new CgroupFolder("auto", 0, fake);
    const long = [`${BUILD}/x`, `${BUILD}x`, BUILD.toUpperCase()];
    for (const text of ["", "..", "../../0mwzum8907d", "0mwzum8907dso8f/", "0mwzum8907dso8f\0", ...long]) {
      assert.throws(() => folder.create(text), RangeError, text);
    }
    assert.deepEqual(fake.list(UNIT), ["server"]);
  });

  it("removes the cgroups of killed servers with their processes, and touches nothing else", async () => {
    const fake = new FakeCgroups(`${UNIT}/server`);
    // No process starts one tick after the boot and has this pid.
    const dead = `tailcast-${process.pid}-1-`;
    const kept = [
      `${prefix(process.ppid)}${BUILD}-1`,
      `${dead}${BUILD}`,
      `${dead}.._${BUILD}-1`,
      `x${dead}${BUILD}-1`,
      "other.service",
    ];
    const removed = [`${dead}${BUILD}-1`, `${dead}${BUILD}-2`, `${dead}server`];
    for (const name of [...kept, ...removed]) fake.make(`${UNIT}/${name}`);
    fake.make(`${UNIT}/${dead}${BUILD}-1/nested`);
    fake.put(process.ppid, `${UNIT}/${dead}${BUILD}-1/nested`);
    const folder = new CgroupFolder("auto", 0, fake);
    await folder.close();
    assert.deepEqual(fake.list(UNIT), ["server", ...kept]);
    assert.deepEqual(fake.writes, [`${dead}${BUILD}-1 cgroup.kill 1`]);
  });

  it("leaves the processes that the program around a killed server has started", async () => {
    const fake = new FakeCgroups(`${UNIT}/server`);
    const leaf = `${UNIT}/tailcast-${process.pid}-1-server`;
    fake.make(leaf);
    fake.put(process.ppid, leaf);
    await new CgroupFolder("auto", 0, fake).close();
    assert.deepEqual([fake.list(UNIT), fake.writes], [["server", `tailcast-${process.pid}-1-server`], []]);
  });

  it("gives the processes of a killed server time to end", async () => {
    const fake = new FakeCgroups(`${UNIT}/server`);
    const stale = `${UNIT}/tailcast-${process.pid}-1-${BUILD}-1`;
    fake.make(stale);
    fake.put(process.ppid, stale);
    const folder = new CgroupFolder("auto", 0, fake);
    await turn();
    assert.deepEqual(fake.writes, []);
    // It ends.
    fake.put(process.ppid, "/cg");
    await folder.close();
    assert.deepEqual([fake.list(UNIT), fake.writes], [["server"], []]);
  });
});
