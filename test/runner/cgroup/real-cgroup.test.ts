import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cgroupFiles } from "../../../dist/runner/cgroup/cgroup-files.js";
import { hasEnded, readProcessStat } from "../../../dist/runner/process/proc-stat.js";
import { cgroupsIn, makeCgroup, noCgroups, noPids, ownCgroup } from "../../support/cgroups.js";
import { runBuild, shellStep } from "../one-build.js";
import { Scene, plan, step } from "../queue-scene.js";

function hasGone(pid: number): boolean {
  const stat = readProcessStat(pid);
  return stat === undefined || hasEnded(stat);
}

describe("BuildQueue with real cgroups", { skip: noCgroups }, () => {
  it("runs each command in a cgroup of its own from its first instruction, with its environment", async (t) => {
    const cgroup = makeCgroup(t);
    const env = { PATH: process.env["PATH"], PWD: "/nowhere", "npm_config_//registry.example/:_auth": "1" };
    const steps = [
      shellStep("", { command: "cat", args: ["/proc/self/cgroup", "/proc/self/comm"] }),
      shellStep("", { command: "cat", args: ["/proc/self/environ"], cwd: "/" }),
      shellStep("", { command: "no-such-program", args: [] }),
    ];
    const { lines, end } = await runBuild(t, steps, { cgroup, env });
    const missing =
      "build could not start: no-such-program is not on PATH; install it, or add its directory to PATH";
    const output = lines.filter(({ stream }) => stream === "stdout").map(({ text }) => text);
    const paths = output.filter((text) => text.startsWith("0::"));
    const path = `/tailcast-test-${process.pid}/tailcast-${process.pid}-\\d+-${end.id}-2$`;
    assert.match(paths[0] ?? "", new RegExp(path));
    assert.ok(output.includes("cat"));
    const variables = (output.at(-1) ?? "").split("\0").filter((text) => /^(PWD|npm_config|SHLVL|_=)/.test(text));
    assert.deepEqual(variables.sort(), ["PWD=/nowhere", "npm_config_//registry.example/:_auth=1"]);
    assert.equal(end.message, missing);
    assert.equal(cgroupFiles.own(), ownCgroup);
    assert.deepEqual(cgroupsIn(cgroup), []);
  });

  it("leaves no process of a cancelled build, whatever it does", async (t) => {
    const cgroup = makeCgroup(t);
    // Deaf processes in their own sessions, without the variables of the build, that keep starting others.
    const spawner = "trap '' TERM; while :; do setsid env -i /bin/sleep 1000 & /bin/sleep 0.05; done";
    const script = `trap '' TERM; setsid env -i /bin/sh -c "${spawner}" >/dev/null 2>&1 & echo ready; /bin/sleep 1000`;
    const scene = new Scene(t, { cgroup, killGrace: 300 });
    const { id } = scene.queue.add(plan([step("build", script)]));
    await scene.until("ready");
    const [name = ""] = cgroupsIn(cgroup);
    const seen = readFileSync(join(cgroup, name, "cgroup.procs"), "utf8").trim().split("\n").map(Number);
    assert.ok(seen.length >= 2);
    scene.queue.cancel(id);
    assert.equal((await scene.end(id)).status, "cancelled");
    // The kernel removes a cgroup only when no process is left in it.
    assert.deepEqual(cgroupsIn(cgroup), []);
    assert.deepEqual(seen.filter((pid) => !hasGone(pid)), []);
  });

  it("limits the processes of a step, and says so", { skip: noPids }, async (t) => {
    const cgroup = makeCgroup(t);
    const script = "for i in 1 2 3 4 5 6 7 8 9; do /bin/sleep 1000 & done; wait";
    const { lines, end, queue } = await runBuild(t, [shellStep(script)], { cgroup, pids: 5 });
    assert.deepEqual(queue.warnings, []);
    assert.equal(end.status, "failed");
    const text = "the limit of 5 processes and threads (pids) was reached; the step could not start more";
    assert.ok(lines.some((line) => line.stream === "system" && line.text === text));
  });
});
