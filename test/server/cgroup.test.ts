import assert from "node:assert/strict";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import { cgroupFiles } from "../../dist/runner/cgroup/cgroup-files.js";
import { Stage } from "../support/actors.js";
import { cgroupsIn, makeCgroup, noCgroups, ownCgroup } from "../support/cgroups.js";
import { until } from "../support/channel.js";
import { makeFolder } from "../support/folders.js";
import { postJson } from "../support/http.js";
import { lastFirst } from "../support/lifetime.js";
import { Program, dataFolder } from "../support/program.js";

describe("The program with --pids and --cgroup", () => {
  const paths = ownCgroup === undefined ? [] : [ownCgroup, dirname(ownCgroup)];
  const skip = paths.some((path) => cgroupFiles.isDelegated(path)) && "a cgroup is delegated to this user";

  it("starts and warns when it cannot limit the processes of builds", { skip }, async (t) => {
    const program = new Program(t, ["--port", "0", "--pids", "100000"]);
    await program.port();
    assert.match(program.stderr, /^tailcast: warning: the limit of 100000 processes \(pids\) is not enforced: .+$/m);
  });

  it("does not start with a directory that it cannot use", async (t) => {
    const program = new Program(t, ["--port", "0", "--cgroup", "/nowhere/at/all"]);
    assert.equal(await program.ended, 2);
    const message = /^tailcast: Cannot use "cgroup": .+$/m;
    assert.match(program.stderr, message);
  });

  it("ends the processes of a killed server, and removes its cgroups", { skip: noCgroups }, async (t) => {
    const life = lastFirst(t);
    const cgroup = makeCgroup(life);
    const stage = await Stage.open(t);
    const { command, args } = stage.step("build");
    const build = [command, ...args].map((part) => JSON.stringify(part)).join(" ");
    const root = await makeFolder(life, { "p/package.json": JSON.stringify({ scripts: { build } }) });
    const options = ["--port", "0", "--root", root, "--data", dataFolder(life), "--cgroup", cgroup];
    const first = new Program(life, options);
    await postJson(await first.port(), "/api/project/build", { projectPath: "p", install: "skip" });
    const actor = await stage.actor("build");
    // Without the build's variables, in its own session: only its cgroup shows where it belongs.
    await actor.do({ action: "spawn", child: "daemon", output: "ignore", detached: true, isBare: true });
    const daemon = await stage.actor("daemon");
    await daemon.do({ action: "onTerm", say: "" });
    first.child.kill("SIGKILL");
    await first.ended;
    assert.equal(cgroupsIn(cgroup).length, 1);
    await new Program(life, options).port();
    await daemon.gone;
    await until(() => cgroupsIn(cgroup).length === 0);
  });
});
