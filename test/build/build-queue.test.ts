import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { tmpdir } from "node:os";
import { describe, it } from "node:test";
import { BuildQueue } from "../../dist/build/build-queue.js";
import { isBuildId } from "../../dist/build/record.js";
import { Stage } from "./actors.js";
import type { TestContext } from "node:test";
import type { BuildQueueOptions } from "../../dist/build/build-queue.js";
import type { BuildEvent } from "../../dist/build/events.js";
import type { Plan, Step } from "../../dist/build/plan.js";
import type { BuildRecord } from "../../dist/build/record.js";

const forEver = 2 ** 31 - 1;
let projects = 0;

/** A plan for a project of its own. */
function plan(steps: readonly Step[], change: Partial<Plan> = {}): Plan {
  const projectPath = `/projects/${projects++}`;
  return { projectPath, projectName: "demo", packageManager: null, reason: "because", warnings: [], steps, ...change };
}

/** A step that needs no one to tell it what to do. Each has a directory of its own, as far as the queue can see. */
function step(name: string, script: string): Step {
  return { name, command: "/bin/sh", args: ["-c", script], cwd: `${tmpdir()}/${"./".repeat(++projects)}` };
}

/** A queue and everything it told, in the order of the telling. */
class Scene {
  readonly queue: BuildQueue;
  readonly events: BuildEvent[] = [];
  readonly forgotten: string[] = [];
  readonly #news = new EventEmitter();

  constructor(t: TestContext, { onEvent, ...options }: Partial<BuildQueueOptions> = {}) {
    this.queue = new BuildQueue({
      killGraceMs: forEver,
      onForget: (id) => this.forgotten.push(id),
      ...options,
      onEvent: (event) => {
        this.events.push(event);
        this.#news.emit("event");
        return onEvent?.(event);
      },
    });
    t.after(() => this.queue.close());
  }

  /** The last event of a build. */
  async end(id: string): Promise<BuildRecord> {
    for (;;) {
      const end = this.events.find((event) => event.type === "end" && event.build.id === id);
      if (end?.type === "end") return end.build;
      await once(this.#news, "event");
    }
  }

  async until(text: string): Promise<void> {
    while (!this.events.some((event) => event.type === "line" && event.text === text)) await once(this.#news, "event");
  }

  /** What was told about a build, a line each, with every duration written as `N s`. */
  story(id: string): string[] {
    return this.events
      .filter((event) => (event.type === "line" ? event.buildId : event.build.id) === id)
      .map((event) => {
        if (event.type === "line") return `${event.step ?? "-"} ${event.stream}: ${event.text.replace(/\d+(\.\d+)? s$/, "N s")}`;
        const steps = event.build.steps.map(({ name, status }) => `${name} ${status}`);
        return `[${event.type}] ${[event.build.status, ...steps].join(", ")}`;
      });
  }
}

describe("BuildQueue", () => {
  it("runs the steps of a build in order and tells all of it", async (t) => {
    const scene = new Scene(t);
    const steps: Step[] = [
      { name: "install", command: "/bin/sh", args: ["-c", "echo out"], cwd: tmpdir() },
      { name: "build", command: "/bin/sh", args: ["-c", "echo error >&2"], cwd: "/" },
    ];
    const { id } = scene.queue.add(plan(steps, { packageManager: "npm", reason: "npm, because", warnings: ["odd", "strange"] }));
    const end = await scene.end(id);
    await scene.queue.close();
    assert.deepEqual(scene.story(id), [
      "[build] queued, install pending, build pending",
      "[build] running, install pending, build pending",
      "- system: npm, because",
      "- system: warning: odd",
      "- system: warning: strange",
      "[build] running, install running, build pending",
      `install system: $ /bin/sh -c 'echo out' (in ${tmpdir()})`,
      "install stdout: out",
      "[build] running, install succeeded, build pending",
      "install system: install succeeded after N s",
      "[build] running, install succeeded, build running",
      "build system: $ /bin/sh -c 'echo error >&2' (in /)",
      "build stderr: error",
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
    const times = [end.queuedAt, end.startedAt, ...end.steps.flatMap((each) => [each.startedAt, each.finishedAt]), end.finishedAt];
    for (const time of times) assert.match(time ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual(times.toSorted(), times);
  });

  it("runs a plan without steps", async (t) => {
    const scene = new Scene(t);
    assert.equal(scene.queue.add(plan([])).status, "succeeded");
  });

  it("does not go on after a step has failed, and says so", async (t) => {
    const scene = new Scene(t);
    const { id } = scene.queue.add(plan([step("install", "exit 1"), step("build", "echo no"), step("test", "echo no")]));
    const end = await scene.end(id);
    assert.deepEqual([end.status, end.message], ["failed", "install failed with exit code 1"]);
    assert.deepEqual(end.steps.map(({ status, exitCode }) => [status, exitCode]), [["failed", 1], ["skipped", null], ["skipped", null]]);
    assert.deepEqual(scene.story(id).slice(-6), [
      "[build] running, install failed, build pending, test pending",
      "install system: install failed with exit code 1 after N s",
      "build system: build skipped because install failed",
      "test system: test skipped because install failed",
      "- system: install failed with exit code 1",
      "[end] failed, install failed, build skipped, test skipped",
    ]);
  });

  it("fails when a command is killed by somebody else, and when it cannot start", async (t) => {
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

  it("gives every step the environment of the queue", async (t) => {
    const scene = new Scene(t, { env: { GREETING: "hello" } });
    const { id } = scene.queue.add(plan([step("build", "echo $GREETING$CI")]));
    await scene.end(id);
    assert.ok(scene.story(id).includes("build stdout: hello"));
  });

  it("hands out records that never change", async (t) => {
    const scene = new Scene(t);
    const accepted = scene.queue.add(plan([step("build", "true")]));
    const [first] = scene.events;
    assert.ok(first?.type === "build" && first.build.status === "queued");
    const end = await scene.end(accepted.id);
    assert.deepEqual([first.build.status, accepted.status, end.status], ["queued", "running", "succeeded"]);
    for (const record of [first.build, accepted, end]) {
      assert.ok(Object.isFrozen(record) && Object.isFrozen(record.steps) && record.steps.every((each) => Object.isFrozen(each)));
    }
    assert.equal(scene.queue.get(accepted.id), end);
  });

  describe("cancel()", () => {
    it("ends a build that waits at once", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1 });
      scene.queue.add(plan([stage.step("first")]));
      const { id } = scene.queue.add(plan([step("install", "echo no")]));
      const cancelled = scene.queue.cancel(id);
      assert.deepEqual([cancelled.status, cancelled.message, cancelled.startedAt], ["cancelled", "cancelled before it started", null]);
      assert.deepEqual(scene.story(id), [
        "[build] queued, install pending",
        "install system: install skipped because the build was stopped",
        "- system: cancelled before it started",
        "[end] cancelled, install skipped",
      ]);
      assert.throws(() => scene.queue.cancel(id), { code: "BUILD_ENDED" });
    });

    it("ends the running step, and the build with it", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t);
      const { id } = scene.queue.add(plan([stage.step("install"), step("build", "echo no")]));
      const install = await stage.actor("install");
      await install.do({ action: "onTerm", say: "tidying up\n", code: 0 });
      assert.equal(scene.queue.cancel(id).status, "running");
      const end = await scene.end(id);
      assert.deepEqual([end.status, end.message], ["cancelled", "cancelled while install was running"]);
      assert.deepEqual(scene.story(id).slice(-6), [
        "install stdout: tidying up",
        "[build] running, install cancelled, build pending",
        "install system: install was stopped and ended with exit code 0 after N s",
        "build system: build skipped because the build was stopped",
        "- system: cancelled while install was running",
        "[end] cancelled, install cancelled, build skipped",
      ]);
    });

    it("kills after the grace", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { killGraceMs: 100 });
      const { id } = scene.queue.add(plan([stage.step("build")]));
      await (await stage.actor("build")).do({ action: "onTerm", say: "no" });
      scene.queue.cancel(id);
      assert.equal((await scene.end(id)).steps[0]?.signal, "SIGKILL");
    });

    it("kills at once when it is called again", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t);
      const { id } = scene.queue.add(plan([stage.step("build")]));
      await (await stage.actor("build")).do({ action: "onTerm", say: "no\n" });
      scene.queue.cancel(id);
      await scene.until("no");
      scene.queue.cancel(id);
      assert.equal((await scene.end(id)).steps[0]?.signal, "SIGKILL");
    });

    it("takes effect at whatever event it is called", async (t) => {
      // One pass for each event of a build that runs through; each cancels when that event is told.
      const steps = [step("install", "echo 1"), step("build", "echo 2")];
      const endings = new Set<string | null>();
      for (let at = 1, isThrough = false; !isThrough; at++) {
        let count = 0;
        let refusal: unknown;
        const scene: Scene = new Scene(t, {
          onEvent: (event) => {
            count += 1;
            if (count !== at) return;
            try {
              scene.queue.cancel(event.type === "line" ? event.buildId : event.build.id);
            } catch (error) {
              refusal = error;
            }
          },
        });
        const end = await scene.end(scene.queue.add(plan(steps)).id);
        isThrough = count < at;
        const isLate = isThrough || refusal !== undefined;
        assert.equal(end.status, isLate ? "succeeded" : "cancelled", `cancelled at event ${at}`);
        if (!isLate) endings.add(end.message);
        assert.equal(scene.events.filter(({ type }) => type === "end").length, 1);
        assert.equal(scene.events.at(-1)?.type, "end");
      }
      assert.deepEqual([...endings], [
        "cancelled before it started",
        "cancelled before install started",
        "cancelled while install was running",
        "cancelled before build started",
        "cancelled while build was running",
        "cancelled after its last step",
      ]);
    });

    it("says when the build has ended, or is not known", async (t) => {
      const scene = new Scene(t);
      const { id } = scene.queue.add(plan([]));
      const message = "Cannot cancel the build: it has ended already (succeeded)";
      assert.throws(() => scene.queue.cancel(id), { code: "BUILD_ENDED", message });
      assert.throws(() => scene.queue.cancel("0000000000000000"), { code: "BUILD_NOT_FOUND" });
    });
  });

  it("stops a build that takes too long", async (t) => {
    const stage = await Stage.open(t);
    const scene = new Scene(t, { timeoutMs: 100 });
    const { id } = scene.queue.add(plan([stage.step("install"), step("build", "echo no")]));
    const end = await scene.end(id);
    assert.deepEqual([end.status, end.message], ["timed-out", "timed out after 0.1 s while install was running"]);
    assert.deepEqual(end.steps.map(({ status }) => status), ["timed-out", "skipped"]);
  });

  it("lets a build run as long as it likes when there is no limit", async (t) => {
    const scene = new Scene(t, { timeoutMs: 0 });
    assert.equal((await scene.end(scene.queue.add(plan([step("build", "true")])).id)).status, "succeeded");
  });

  describe("add()", () => {
    it("runs as many builds at once as allowed, first come, first served", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 2 });
      const names = ["a", "b", "c", "d"];
      const ids = names.map((name) => scene.queue.add(plan([{ ...stage.step(name), env: { NAME: name } }], { projectName: name })).id);
      const states = (): string[] => scene.queue.list().reverse().map(({ status }) => status);
      // All of them run in this directory, so each waits for the one before; see the next test for builds that need not.
      assert.deepEqual(states(), ["running", "queued", "queued", "queued"]);
      for (const [index, name] of names.entries()) {
        (await stage.actor(name)).tell({ action: "exit", code: 0 });
        await scene.end(ids[index] ?? "");
      }
      assert.deepEqual(scene.queue.list().map(({ id }) => id), ids.toReversed());
    });
  });
});
