import assert from "node:assert/strict";
import { rename, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { isBuildId } from "../../dist/runner/build-id.js";
import { buildEnvironment, environmentDifference } from "../../dist/runner/program/environment.js";
import { pinDirectories } from "../../dist/runner/project/directory-pin.js";
import { Stage } from "../support/actors.js";
import { makeFolder } from "../support/folders.js";
import { Scene, plan, step } from "./queue-scene.js";
import type { Step } from "../../dist/runner/planning/step.js";

describe("Build", () => {
  it("runs the steps in order and emits every event", async (t) => {
    const scene = new Scene(t);
    const steps: Step[] = [
      { name: "install", command: "/bin/sh", args: ["-c", "echo out"], cwd: tmpdir() },
      { name: "build", command: "/bin/sh", args: ["-c", "echo error >&2"], cwd: "/" },
    ];
    const change = { packageManager: "npm", reason: "npm, because", warnings: ["odd", "strange"] };
    const { id } = scene.queue.add(plan(steps, change));
    const end = await scene.end(id);
    await scene.queue.close();
    assert.deepEqual(scene.story(id), [
      "[build] queued, install pending, build pending",
      "[build] running, install pending, build pending",
      "- system: npm, because",
      "- system: warning: odd",
      "- system: warning: strange",
      `- system: ${environmentDifference(buildEnvironment()) ?? ""}`,
      "[build] running, install running, build pending",
      `install system: $ /bin/sh -c 'echo out' (in ${tmpdir()})`,
      "install stdout: out",
      "[build] running, install succeeded, build pending",
      "install system: install succeeded after N s",
      "[build] running, install succeeded, build running",
      "build system: $ /bin/sh -c 'echo error >&2' (in /)",
      "build stdout: error",
      "[build] running, install succeeded, build succeeded",
      "build system: build succeeded after N s",
      "- system: succeeded in N s",
      "[end] succeeded, install succeeded, build succeeded",
    ]);
    assert.deepEqual([end.packageManager, end.projectName, isBuildId(end.id)], ["npm", "demo", true]);
    assert.match(end.message ?? "", /^succeeded in [\d.]+ s$/);
    assert.deepEqual(end.steps.map(({ command, exitCode, signal }) => [command, exitCode, signal]), [
      ["/bin/sh -c 'echo out'", 0, null],
      ["/bin/sh -c 'echo error >&2'", 0, null],
    ]);
    const stepTimes = end.steps.flatMap(({ startedAt, finishedAt }) => [startedAt, finishedAt]);
    const times = [end.queuedAt, end.startedAt, ...stepTimes, end.finishedAt];
    for (const time of times) assert.match(time ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(times.toSorted(), times);
  });

  it("numbers the lines of each build without gaps, over all steps and streams", async (t) => {
    const scene = new Scene(t);
    const steps = [step("install", "echo 1; echo 2 >&2"), step("build", "seq 1 1000; seq 1 1000 >&2; exit 1")];
    const ids = [0, 1].map(() => scene.queue.add(plan([...steps, step("test", "echo no")])).id);
    for (const id of ids) {
      await scene.end(id);
      const numbers = scene.events.flatMap((event) => {
        return event.type === "line" && event.buildId === id ? [event.number] : [];
      });
      // The runner itself emits eight: the reason, the environment, two for each step that ran, one for the step that
      // did not, and the end.
      assert.deepEqual(numbers, Array.from({ length: 2002 + 8 }, (_, index) => index + 1));
    }
  });

  it("runs a plan without steps", async (t) => {
    const scene = new Scene(t);
    assert.equal(scene.queue.add(plan([])).status, "succeeded");
  });

  it("skips the remaining steps when a step fails", async (t) => {
    const scene = new Scene(t);
    const steps = [step("install", "exit 1"), step("build", "echo no"), step("test", "echo no")];
    const { id } = scene.queue.add(plan(steps));
    const end = await scene.end(id);
    assert.deepEqual([end.status, end.message], ["failed", "install failed with exit code 1"]);
    const results = end.steps.map(({ status, exitCode }) => [status, exitCode]);
    assert.deepEqual(results, [["failed", 1], ["skipped", null], ["skipped", null]]);
    assert.deepEqual(scene.story(id).slice(-6), [
      "[build] running, install failed, build pending, test pending",
      "install system: install failed with exit code 1 after N s",
      "build system: build skipped because install failed",
      "test system: test skipped because install failed",
      "- system: install failed with exit code 1",
      "[end] failed, install failed, build skipped, test skipped",
    ]);
  });

  it("fails when a command is killed from outside, and when it cannot start", async (t) => {
    const scene = new Scene(t);
    const killed = await scene.end(scene.queue.add(plan([step("build", "kill -SEGV $$")])).id);
    assert.deepEqual([killed.status, killed.message], ["failed", "build was killed by SIGSEGV"]);
    assert.deepEqual([killed.steps[0]?.exitCode, killed.steps[0]?.signal], [null, "SIGSEGV"]);
    const missing = { name: "install", command: "pnpm", args: ["install"], cwd: "/", env: { PATH: "/nowhere" } };
    const { id } = scene.queue.add(plan([missing]));
    const unstarted = await scene.end(id);
    assert.equal(unstarted.status, "failed");
    assert.match(unstarted.message ?? "", /^install could not start: pnpm is not on PATH; install it/);
    assert.equal(scene.story(id).at(-3), `install system: ${unstarted.message}`);
  });

  it("starts no step in a project that was replaced while the build was queued", async (t) => {
    const stage = await Stage.open(t);
    const folder = await makeFolder(t, { "app/": "", "elsewhere/": "" });
    const app = join(folder, "app");
    const scene = new Scene(t, { concurrency: 1 });
    scene.queue.add(plan([stage.step("running")]));
    const steps = ["install", "build"].map((name) => ({ ...step(name, "echo ran"), cwd: app }));
    const { id } = scene.queue.add(plan(steps, { pins: await pinDirectories([app]) }));
    await rename(app, join(folder, "aside"));
    await symlink(join(folder, "elsewhere"), app);
    (await stage.actor("running")).tell({ action: "exit", code: 0 });
    const end = await scene.end(id);
    const reason = `${app} is another directory than when the build was accepted; build it again`;
    assert.deepEqual([end.status, end.message], ["failed", `install could not start: ${reason}`]);
    assert.deepEqual(end.steps.map(({ status }) => status), ["failed", "skipped"]);
    assert.ok(!scene.story(id).includes("install stdout: ran"));
  });

  it("runs in the directory that was planned", async (t) => {
    const app = await makeFolder(t);
    const steps = ["install", "build"].map((name) => ({ ...step(name, "pwd"), cwd: app }));
    const scene = new Scene(t);
    const { id } = scene.queue.add(plan(steps, { pins: await pinDirectories([app]) }));
    assert.equal((await scene.end(id)).status, "succeeded");
    assert.ok(scene.story(id).includes(`build stdout: ${app}`));
  });

  it("gives every step the environment of the queue", async (t) => {
    const scene = new Scene(t, { env: { GREETING: "hello" } });
    const { id } = scene.queue.add(plan([step("build", "echo $GREETING$CI")]));
    await scene.end(id);
    assert.ok(scene.story(id).includes("build stdout: hello"));
  });

  it("estimates the duration from earlier builds with the same inputs", async (t) => {
    const scene = new Scene(t);
    const first = plan([step("build", "sleep 0.05")], { script: "build" });
    const { id } = scene.queue.add(first);
    assert.equal(scene.queue.get(id).estimatedDuration, null);
    const { startedAt, finishedAt } = await scene.end(id);
    const again = scene.queue.add(first);
    assert.equal(again.estimatedDuration, Date.parse(finishedAt ?? "") - Date.parse(startedAt ?? ""));
    const end = await scene.end(again.id);
    const told = scene.events.flatMap((event) => ("build" in event && event.build.id === end.id ? [event] : []));
    assert.deepEqual(new Set(told.map(({ build }) => build.estimatedDuration)), new Set([again.estimatedDuration]));
    assert.equal(scene.queue.add({ ...first, script: "bundle" }).estimatedDuration, null);
  });

  it("returns records that never change", async (t) => {
    const scene = new Scene(t);
    const accepted = scene.queue.add(plan([step("build", "true")]));
    const [first] = scene.events;
    assert.ok(first?.type === "build" && first.build.status === "queued");
    const end = await scene.end(accepted.id);
    assert.deepEqual([first.build.status, accepted.status, end.status], ["queued", "running", "succeeded"]);
    for (const record of [first.build, accepted, end]) {
      for (const part of [record, record.steps, ...record.steps]) assert.ok(Object.isFrozen(part));
    }
    assert.equal(scene.queue.get(accepted.id), end);
  });

  it("sets no time limit when timeout is 0", async (t) => {
    const scene = new Scene(t, { timeout: 0 });
    assert.equal((await scene.end(scene.queue.add(plan([step("build", "true")])).id)).status, "succeeded");
  });
});
