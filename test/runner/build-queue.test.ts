import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { rename, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { BuildQueue } from "../../dist/runner/build-queue.js";
import { buildEnvironment, environmentDifference } from "../../dist/runner/program/environment.js";
import { pinDirectories } from "../../dist/runner/project/directory-pin.js";
import { identify } from "../../dist/runner/process/identity.js";
import { isBuildId } from "../../dist/runner/build-id.js";
import { Stage } from "./actors.js";
import { watchDelays } from "./delays.js";
import { makeFolder } from "./folders.js";
import type { TestContext } from "node:test";
import type { BuildQueueOptions } from "../../dist/runner/build-queue-options.js";
import type { BuildEvent } from "../../dist/runner/events.js";
import type { Plan } from "../../dist/runner/planning/plan.js";
import type { Step } from "../../dist/runner/planning/step.js";
import type { BuildRecord } from "../../dist/runner/record.js";

const forEver = 2 ** 31 - 1;
let projects = 0;

/** A plan for a project of its own. */
function plan(steps: readonly Step[], change: Partial<Plan> = {}): Plan {
  const projectPath = `/projects/${projects++}`;
  return { projectPath, projectName: "demo", packageManager: null, reason: "because", warnings: [], steps, ...change };
}

/** A directory that exists, under a name that no other build uses. */
function ownDirectory(): string {
  return `${tmpdir()}/${"./".repeat(++projects)}`;
}

/** A step that needs nobody to tell it what to do. */
function step(name: string, script: string): Step {
  return { name, command: "/bin/sh", args: ["-c", script], cwd: ownDirectory() };
}

/** How all builds stand, the oldest first. */
function statuses({ queue }: Scene): string[] {
  return queue.list().reverse().map(({ status }) => status);
}

function isLine(event: BuildEvent, text: string): boolean {
  return event.type === "line" && event.text === text;
}

/** A queue and everything it told, in the order of the telling. */
class Scene {
  readonly queue: BuildQueue;
  readonly events: BuildEvent[] = [];
  readonly forgotten: string[] = [];
  readonly #news = new EventEmitter();

  constructor(t: TestContext, { onEvent, ...options }: Partial<BuildQueueOptions> = {}) {
    this.queue = new BuildQueue({
      killGrace: forEver,
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

  /** The next event, whatever it is. */
  async next(): Promise<void> {
    await once(this.#news, "event");
  }

  async until(text: string): Promise<void> {
    while (!this.events.some((event) => isLine(event, text))) await once(this.#news, "event");
  }

  /** What was told about a build, a line each, with every duration written as `N s`. */
  story(id: string): string[] {
    return this.events
      .filter((event) => (event.type === "line" ? event.buildId : event.build.id) === id)
      .map((event) => {
        if (event.type === "line") {
          return `${event.step ?? "-"} ${event.stream}: ${event.text.replace(/\d+(\.\d+)? s$/, "N s")}`;
        }
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
    const change = { packageManager: "npm", reason: "npm, because", warnings: ["odd", "strange"] };
    const { id } = scene.queue.add(plan(steps, change));
    const end = await scene.end(id);
    await scene.queue.close();
    assert.deepEqual(scene.story(id), [
      "[build] queued, install pending, build pending",
      "[build] running, install pending, build pending",
      "- system: npm, because",
      `- system: ${environmentDifference(buildEnvironment()) ?? ""}`,
      "- system: warning: odd",
      "- system: warning: strange",
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

  it("numbers the lines of each build without holes, over all steps and streams", async (t) => {
    const scene = new Scene(t);
    const steps = [step("install", "echo 1; echo 2 >&2"), step("build", "seq 1 1000; seq 1 1000 >&2; exit 1")];
    const ids = [0, 1].map(() => scene.queue.add(plan([...steps, step("test", "echo no")])).id);
    for (const id of ids) {
      await scene.end(id);
      const numbers = scene.events.flatMap((event) => {
        return event.type === "line" && event.buildId === id ? [event.number] : [];
      });
      // Eight are the runner's own: the reason, the environment, two for each step that ran, one for the step that did not, and the end.
      assert.deepEqual(numbers, Array.from({ length: 2002 + 8 }, (_, index) => index + 1));
    }
  });

  it("runs a plan without steps", async (t) => {
    const scene = new Scene(t);
    assert.equal(scene.queue.add(plan([])).status, "succeeded");
  });

  it("does not go on after a step has failed, and says so", async (t) => {
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

  it("starts no step in a project that was replaced while the build waited", async (t) => {
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

  it("estimates how long a build will take by those that did the same before", async (t) => {
    const scene = new Scene(t);
    const first = plan([step("build", "sleep 0.05")], { script: "build" });
    const { id } = scene.queue.add(first);
    assert.equal(scene.queue.get(id).estimatedMs, null);
    const { startedAt, finishedAt } = await scene.end(id);
    const again = scene.queue.add(first);
    assert.equal(again.estimatedMs, Date.parse(finishedAt ?? "") - Date.parse(startedAt ?? ""));
    const end = await scene.end(again.id);
    const told = scene.events.flatMap((event) => (event.type !== "line" && event.build.id === end.id ? [event] : []));
    assert.deepEqual(new Set(told.map(({ build }) => build.estimatedMs)), new Set([again.estimatedMs]));
    assert.equal(scene.queue.add({ ...first, script: "bundle" }).estimatedMs, null);
  });

  it("hands out records that never change", async (t) => {
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

  describe("cancel()", () => {
    it("ends a build that waits at once", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1 });
      scene.queue.add(plan([stage.step("first")]));
      const { id } = scene.queue.add(plan([step("install", "echo no")]));
      const { status, message, startedAt } = scene.queue.cancel(id);
      assert.deepEqual([status, message, startedAt], ["cancelled", "cancelled before it started", null]);
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
      const scene = new Scene(t, { killGrace: 100 });
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

    it("takes the processes along that have left the group, and those that an earlier step has left", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { killGrace: 100 });
      const { id } = scene.queue.add(plan([stage.step("install"), stage.step("build")]));
      const install = await stage.actor("install");
      // With another name for its group and no pipe of its own, the step's end is the only thing that can end it.
      await install.do({ action: "spawn", child: "left", output: "ignore", detached: true });
      const left = await stage.actor("left");
      install.tell({ action: "exit", code: 0 });
      await left.gone;
      const build = await stage.actor("build");
      await build.do({ action: "spawn", child: "deaf", output: "ignore", detached: true });
      const deaf = await stage.actor("deaf");
      await deaf.do({ action: "onTerm", say: "" });
      scene.queue.cancel(id);
      assert.equal((await scene.end(id)).message, "cancelled while build was running");
      await deaf.gone;
      const line = "system: processes were left running outside the process group of the command; they are ended now";
      const said = scene.story(id).filter((each) => each.endsWith(line));
      assert.deepEqual(said, [`install ${line}`, `build ${line}`]);
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
      const message = "Cannot cancel the build: it has already ended (succeeded)";
      assert.throws(() => scene.queue.cancel(id), { code: "BUILD_ENDED", message });
      assert.throws(() => scene.queue.cancel("0000000000000000"), { code: "BUILD_NOT_FOUND" });
    });
  });

  it("stops a build that takes too long", async (t) => {
    const stage = await Stage.open(t);
    const scene = new Scene(t, { timeout: 100 });
    const { id } = scene.queue.add(plan([stage.step("install"), step("build", "echo no")]));
    const end = await scene.end(id);
    assert.deepEqual([end.status, end.message], ["timed-out", "timed out after 0.1 s while install was running"]);
    assert.deepEqual(end.steps.map(({ status }) => status), ["timed-out", "skipped"]);
    const said = "- system: time limit of 0.1 s reached; stopping the build";
    assert.ok(scene.story(id).includes(said), scene.story(id).join("\n"));
  });

  it("stops a build that prints nothing for too long", async (t) => {
    const stage = await Stage.open(t);
    const scene = new Scene(t, { timeout: forEver, silence: 100 });
    const { id } = scene.queue.add(plan([stage.step("install"), step("build", "echo no")]));
    const end = await scene.end(id);
    const message = "timed out after 0.1 s without output while install was running";
    assert.deepEqual([end.status, end.message], ["timed-out", message]);
    assert.deepEqual(end.steps.map(({ status }) => status), ["timed-out", "skipped"]);
    const said = "install system: install printed nothing for 0.1 s; stopping the build";
    assert.ok(scene.story(id).includes(said), scene.story(id).join("\n"));
  });

  it("says only which of the two limits struck first", async (t) => {
    const scene = new Scene(t, { timeout: 150, silence: 250 });
    const { id } = scene.queue.add(plan([step("install", "trap '' TERM; sleep 0.5")]));
    assert.equal((await scene.end(id)).message, "timed out after 0.1 s while install was running");
    assert.equal(scene.story(id).filter((line) => line.includes("stopping the build")).length, 1);
  });

  it("gives every build a cookie, which it tells before the first command starts", async (t) => {
    const told: string[][] = [];
    let store: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => (store = resolve));
    const onStart = (...given: string[]): Promise<void> => {
      told.push(given);
      return stored;
    };
    const scene = new Scene(t, { onStart });
    const script = "echo $TAILCAST_BUILD";
    const ids = [0, 1].map(() => scene.queue.add(plan([step("install", script), step("build", script)])).id);
    assert.deepEqual(told.map(([id]) => id), ids);
    for (let turns = 0; turns < 10; turns++) await turn();
    assert.deepEqual(statuses(scene), ["running", "running"]);
    assert.ok(ids.every((id) => scene.story(id).at(-1)?.startsWith("- system: the environment")), "nothing starts before it is stored");
    store();
    for (const [id = "", cookie = ""] of told) {
      await scene.end(id);
      const lines = scene.story(id).filter((line) => line.includes("stdout"));
      assert.deepEqual(lines, [`install stdout: ${cookie}`, `build stdout: ${cookie}`]);
    }
    assert.notEqual(told[0]?.[1], told[1]?.[1]);
  });

  it("can be cancelled while it waits for its cookie to be stored", async (t) => {
    const scene = new Scene(t, { onStart: () => new Promise(() => undefined) });
    const { id } = scene.queue.add(plan([step("install", "echo no")]));
    scene.queue.cancel(id);
    const end = await scene.end(id);
    assert.deepEqual([end.status, end.message], ["cancelled", "cancelled before install started"]);
  });

  it("tells the process of each step", async (t) => {
    const stage = await Stage.open(t);
    const told: (readonly [buildId: string, identity: unknown])[] = [];
    const scene = new Scene(t, { onSpawn: (buildId, identity) => void told.push([buildId, identity]) });
    const { id } = scene.queue.add(plan([stage.step("install"), stage.step("build")]));
    const expected = [];
    for (const name of ["install", "build"]) {
      const actor = await stage.actor(name);
      expected.push([id, identify(actor.pid)]);
      actor.tell({ action: "exit", code: 0 });
    }
    assert.equal((await scene.end(id)).status, "succeeded");
    assert.deepEqual(told, expected);
  });

  for (const hook of ["onStart", "onSpawn"] as const) {
    for (const kind of ["throws", "rejects"]) {
      it(`stops the build when ${hook} ${kind}`, async (t) => {
        const stage = await Stage.open(t);
        const fail = (): Promise<void> => {
          if (kind === "throws") throw new Error("disk full");
          return Promise.reject(new Error("disk full"));
        };
        const scene = new Scene(t, { [hook]: fail });
        const end = await scene.end(scene.queue.add(plan([stage.step("install")])).id);
        assert.equal(end.status, "failed");
        const position = hook === "onStart" ? "before install started" : "while install was running";
        assert.equal(end.message, `stopped because its events could not be delivered (disk full) ${position}`);
      });
    }
  }

  it("lets a build run as long as it likes when there is no limit", async (t) => {
    const scene = new Scene(t, { timeout: 0 });
    assert.equal((await scene.end(scene.queue.add(plan([step("build", "true")])).id)).status, "succeeded");
  });

  describe("add()", () => {
    it("runs as many builds at once as allowed, first come, first served", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 2 });
      const ids = ["a", "b", "c", "d"].map((name) => scene.queue.add(plan([stage.step(name, ownDirectory())])).id);
      assert.deepEqual(statuses(scene), ["running", "running", "queued", "queued"]);
      (await stage.actor("b")).tell({ action: "exit", code: 0 });
      await scene.end(ids[1] ?? "");
      assert.deepEqual(statuses(scene), ["running", "succeeded", "running", "queued"]);
      (await stage.actor("c")).tell({ action: "exit", code: 1 });
      await scene.end(ids[2] ?? "");
      assert.deepEqual(statuses(scene), ["running", "succeeded", "failed", "running"]);
      for (const name of ["a", "d"]) (await stage.actor(name)).tell({ action: "exit", code: 0 });
      await Promise.all(ids.map((id) => scene.end(id)));
      assert.deepEqual(statuses(scene), ["succeeded", "succeeded", "failed", "succeeded"]);
      assert.deepEqual(scene.queue.list().map(({ id }) => id), ids.toReversed());
    });

    it("never runs two builds in one directory, and lets nobody overtake the one that waits for it", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 3 });
      const [root, other, third] = [ownDirectory(), ownDirectory(), ownDirectory()];
      const first = scene.queue.add(plan([stage.step("first", root)]));
      const second = scene.queue.add(plan([stage.step("second", root), stage.step("second build", other)]));
      const rival = scene.queue.add(plan([stage.step("rival", other)]));
      const free = scene.queue.add(plan([stage.step("free", third)]));
      assert.deepEqual([second, rival, free].map(({ status }) => status), ["queued", "queued", "running"]);
      (await stage.actor("first")).tell({ action: "exit", code: 0 });
      await scene.end(first.id);
      assert.deepEqual(statuses(scene), ["succeeded", "running", "queued", "running"]);
      (await stage.actor("second")).tell({ action: "exit", code: 1 });
      await scene.end(second.id);
      assert.deepEqual(statuses(scene), ["succeeded", "failed", "running", "running"]);
    });

    it("refuses a project that is queued or running, and names that build", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1 });
      const running = plan([stage.step("running")]);
      const waiting = plan([stage.step("waiting")]);
      const ids = [running, waiting].map((each) => scene.queue.add(each).id);
      for (const [index, each] of [running, waiting].entries()) {
        const message = "Cannot accept the build: demo is already being built; follow or cancel that build";
        assert.throws(() => scene.queue.add(each), { code: "ALREADY_BUILDING", buildId: ids[index], message });
      }
      assert.equal(scene.queue.list().length, 2);
      scene.queue.cancel(ids[1] ?? "");
      assert.equal(scene.queue.add(waiting).status, "queued");
    });

    it("refuses a build when too many wait", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1, queueLimit: 1 });
      scene.queue.add(plan([stage.step("running")]));
      const { id } = scene.queue.add(plan([]));
      const message = "Cannot accept the build: the queue is full (1 build); try again later";
      assert.throws(() => scene.queue.add(plan([])), { code: "QUEUE_FULL", message });
      scene.queue.cancel(id);
      assert.equal(scene.queue.add(plan([])).status, "queued");
    });

    it("counts builds that wait for a directory too", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 9, queueLimit: 1 });
      scene.queue.add(plan([stage.step("running")]));
      assert.equal(scene.queue.add(plan([stage.step("waiting")])).status, "queued");
      assert.throws(() => scene.queue.add(plan([stage.step("third")])), { code: "QUEUE_FULL" });
      assert.equal(scene.queue.add(plan([stage.step("elsewhere", ownDirectory())])).status, "running");
    });

    it("refuses a plan of another form, and names what is wrong with it", async (t) => {
      const scene = new Scene(t);
      const good = step("build", "true");
      const withStep = (change: object): object => ({ ...plan([]), steps: [good, { ...good, ...change }] });
      const wrong: readonly (readonly [given: unknown, complaint: string])[] = [
        [undefined, '"plan": it must be an object, not undefined'],
        [null, '"plan": it must be an object, not null'],
        ["npm run build", '"plan": it must be an object, not string'],
        [[], '"plan": it must be an object, not array'],
        [{ ...plan([]), projectPath: "" }, '"plan.projectPath": it must be a non-empty string, not ""'],
        [{ ...plan([]), projectName: 7 }, '"plan.projectName": it must be a string, not number'],
        [{ ...plan([]), packageManager: 7 }, '"plan.packageManager": it must be a string or null, not number'],
        [{ ...plan([]), script: 7 }, '"plan.script": it must be a string or null, not number'],
        [{ ...plan([]), install: "no" }, '"plan.install": it must be "auto" or "clean" or "skip", not "no"'],
        [{ ...plan([]), reason: undefined }, '"plan.reason": it must be a string, not undefined'],
        [{ ...plan([]), warnings: undefined }, '"plan.warnings": it must be an array, not undefined'],
        [{ ...plan([]), warnings: ["odd", {}] }, '"plan.warnings[1]": it must be a string, not object'],
        [{ ...plan([]), steps: {} }, '"plan.steps": it must be an array, not object'],
        [{ ...plan([]), steps: ["make"] }, '"plan.steps[0]": it must be an object, not string'],
        [withStep({ name: null }), '"plan.steps[1].name": it must be a string, not null'],
        [withStep({ command: "" }), '"plan.steps[1].command": it must be a non-empty string, not ""'],
        [withStep({ args: undefined }), '"plan.steps[1].args": it must be an array, not undefined'],
        [withStep({ args: "-v" }), '"plan.steps[1].args": it must be an array, not string'],
        [withStep({ args: ["-j", 2] }), '"plan.steps[1].args[1]": it must be a string, not number'],
        [withStep({ cwd: undefined }), '"plan.steps[1].cwd": it must be a non-empty string, not undefined'],
        [{ ...plan([]), pins: "/" }, '"plan.pins": it must be an array, not string'],
        [{ ...plan([]), pins: ["/"] }, '"plan.pins[0]": it must be an object, not string'],
        [{ ...plan([]), pins: [{ path: "/", device: "1" }] }, '"plan.pins[0].inode": it must be a non-empty string, not undefined'],
        [withStep({ env: "A=1" }), '"plan.steps[1].env": it must be an object, not string'],
      ];
      for (const [given, complaint] of wrong) {
        const message = `Cannot use the option ${complaint}`;
        assert.throws(() => scene.queue.add(given as Plan), { code: "INVALID_OPTION", message });
      }
      assert.deepEqual([scene.events, scene.queue.list()], [[], []]);
      const right = withStep({ env: { A: "1" } }) as Plan;
      assert.equal((await scene.end(scene.queue.add(right).id)).status, "succeeded");
    });

    it("can do without a queue", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1, queueLimit: 0 });
      assert.equal(scene.queue.add(plan([stage.step("running")])).status, "running");
      assert.throws(() => scene.queue.add(plan([])), { code: "QUEUE_FULL" });
    });
  });

  describe("queuePosition", () => {
    /** The positions that a build was told, in order, with `null` for those of a build that does not wait. */
    const told = ({ events }: Scene, id: string): (number | null)[] => {
      return events.flatMap((event) => {
        return event.type !== "line" && event.build.id === id ? [event.build.queuePosition] : [];
      });
    };
    const positions = ({ queue }: Scene): (number | null)[] => queue.list().reverse().map((build) => build.queuePosition);

    it("is counted in the order of the queue, and told when it changes", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1 });
      const names = ["a", "b", "c", "d"];
      const ids = names.map((name) => scene.queue.add(plan([stage.step(name, ownDirectory())])).id);
      const [a = "", b = "", c = "", d = ""] = ids;
      assert.deepEqual(positions(scene), [null, 1, 2, 3]);
      (await stage.actor("a")).tell({ action: "exit", code: 0 });
      await scene.end(a);
      assert.deepEqual([scene.queue.get(c).queuePosition, ...positions(scene)], [1, null, null, 1, 2]);
      while (told(scene, d).length < 2) await scene.next();
      scene.queue.cancel(c);
      assert.deepEqual(positions(scene), [null, null, null, 1]);
      while (told(scene, d).length < 3) await scene.next();
      (await stage.actor("b")).tell({ action: "exit", code: 0 });
      (await stage.actor("d")).tell({ action: "exit", code: 0 });
      await scene.end(d);
      assert.deepEqual(new Set(told(scene, a)), new Set([1, null]));
      assert.deepEqual(told(scene, b).slice(0, 2), [1, null]);
      assert.deepEqual(told(scene, c), [2, 1, null]);
      assert.deepEqual(told(scene, d).slice(0, 4), [3, 2, 1, null]);
      assert.deepEqual(told(scene, d).slice(3).filter((position) => position !== null), []);
    });

    it("is told in rounds, so that a queue that moves fast makes few events", async (t) => {
      const stage = await Stage.open(t);
      t.mock.timers.enable({ apis: ["setTimeout"] });
      const scene = new Scene(t, { concurrency: 1, timeout: 0 });
      scene.queue.add(plan([stage.step("running")]));
      const ids = Array.from({ length: 20 }, () => scene.queue.add(plan([stage.step("waiting")])).id);
      const last = ids.at(-1) ?? "";
      // Before the first round, during the rest, and after it.
      for (const [from, to, tick, expected] of [
        [0, 5, 0, [20, 15]],
        [5, 7, 374, [20, 15]],
        [7, 10, 1, [20, 15, 10]],
        [10, 11, 249, [20, 15, 10]],
        [11, 12, 1, [20, 15, 10, 8]],
        [12, 12, 1000, [20, 15, 10, 8]],
        [12, 13, 0, [20, 15, 10, 8, 7]],
      ] as const) {
        for (const id of ids.slice(from, to)) scene.queue.cancel(id);
        assert.equal(scene.queue.get(last).queuePosition, 20 - to);
        t.mock.timers.tick(tick);
        assert.deepEqual(told(scene, last), expected);
      }
      t.mock.timers.reset();
    });

    it("is not told to those who were cancelled in the same round", async (t) => {
      const stage = await Stage.open(t);
      const scene: Scene = new Scene(t, {
        concurrency: 1,
        onEvent: (event) => {
          // The first that hears of its new position ends all others.
          if (event.type !== "build" || event.build.queuePosition !== 1 || scene.queue.list().length < 5) return;
          for (const { id, status } of scene.queue.list()) {
            if (id !== event.build.id && status === "queued") scene.queue.cancel(id);
          }
        },
      });
      scene.queue.add(plan([stage.step("running")]));
      const ids = Array.from({ length: 4 }, () => scene.queue.add(plan([stage.step("waiting")])).id);
      scene.queue.cancel(ids[0] ?? "");
      while (told(scene, ids[1] ?? "").length < 2) await scene.next();
      assert.deepEqual(ids.map((id) => told(scene, id)), [[1, null], [2, 1], [3, null], [4, null]]);
    });
  });

  it("forgets the builds that ended first", (t) => {
    const scene = new Scene(t, { keep: 2 });
    const ids = Array.from({ length: 4 }, () => scene.queue.add(plan([])).id);
    assert.deepEqual(scene.queue.list().map(({ id }) => id), [ids[3], ids[2]]);
    assert.deepEqual(scene.forgotten, ids.slice(0, 2));
    const message = "Cannot find the build: no build has this id, or it was removed since";
    assert.throws(() => scene.queue.get(ids[0] ?? ""), { code: "BUILD_NOT_FOUND", message });
  });

  it("keeps 20 builds when it is not told how many", (t) => {
    const scene = new Scene(t);
    const ids = Array.from({ length: 21 }, () => scene.queue.add(plan([])).id);
    assert.deepEqual(scene.queue.list().map(({ id }) => id), ids.slice(1).reverse());
    assert.deepEqual(scene.forgotten, ids.slice(0, 1));
  });

  it("forgets no build before its last event, and none that runs", async (t) => {
    const stage = await Stage.open(t);
    const scene = new Scene(t, { keep: 0 });
    const running = scene.queue.add(plan([stage.step("running")]));
    const { id } = scene.queue.add(plan([]));
    assert.equal(scene.story(id).at(-1), "[end] succeeded");
    assert.deepEqual([scene.forgotten, scene.queue.list()], [[id], [scene.queue.get(running.id)]]);
  });

  it("works without onForget", () => {
    const queue = new BuildQueue({ keep: 0, onEvent: () => undefined });
    queue.add(plan([]));
    assert.deepEqual(queue.list(), []);
  });

  describe("close()", () => {
    it("cancels what waits and what runs, and resolves when all of it has ended", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 2 });
      const ids = ["a", "b", "c", "d"].map((name) => scene.queue.add(plan([stage.step(name, ownDirectory())])).id);
      const [a, b] = await Promise.all([stage.actor("a"), stage.actor("b")]);
      // It was cancelled before: closing is no second cancel, which would kill it.
      await a.do({ action: "onTerm", say: "tidying up\n", code: 0 });
      scene.queue.cancel(ids[0] ?? "");
      await scene.queue.close();
      await Promise.all([a.gone, b.gone]);
      assert.deepEqual(scene.queue.list().reverse().map(({ message }) => message), [
        "cancelled while a was running",
        "cancelled by the shutdown while b was running",
        "cancelled by the shutdown before it started",
        "cancelled by the shutdown before it started",
      ]);
      assert.ok(scene.story(ids[0] ?? "").includes("a stdout: tidying up"));
      assert.deepEqual(stage.names.toSorted(), ["a", "b"]);
      assert.throws(() => scene.queue.add(plan([])), { code: "SHUTTING_DOWN" });
      await scene.queue.close();
    });

    it("kills, when called again, what takes its time to end", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t);
      const { id } = scene.queue.add(plan([stage.step("a", ownDirectory())]));
      const a = await stage.actor("a");
      await a.do({ action: "onTerm", say: "not yet\n" });
      const closed = scene.queue.close();
      await scene.until("not yet");
      await scene.queue.close();
      await Promise.all([closed, a.gone]);
      assert.equal(scene.queue.get(id).steps[0]?.signal, "SIGKILL");
    });

    it("starts nothing that becomes free meanwhile", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 9 });
      const [root, other] = [ownDirectory(), ownDirectory()];
      scene.queue.add(plan([stage.step("first", root)]));
      scene.queue.add(plan([stage.step("second", root), stage.step("second build", other)]));
      const { id } = scene.queue.add(plan([stage.step("third", other)]));
      await scene.queue.close();
      assert.equal(scene.queue.get(id).message, "cancelled by the shutdown before it started");
    });

    it("waits until the last events were taken", async (t) => {
      let take: () => void = () => undefined;
      const taken = new Promise<void>((resolve) => (take = resolve));
      const scene = new Scene(t, { onEvent: (event) => (event.type === "end" ? taken : undefined) });
      scene.queue.add(plan([]));
      let isClosed = false;
      const closed = scene.queue.close().then(() => (isClosed = true));
      await turn();
      assert.equal(isClosed, false);
      take();
      await closed;
    });

    it("is what disposing of the queue does", async () => {
      const queue = new BuildQueue({ onEvent: () => undefined });
      await queue[Symbol.asyncDispose]();
      assert.throws(() => queue.add(plan([])), { code: "SHUTTING_DOWN" });
    });
  });

  describe("onEvent", () => {
    const lost = "stopped because its events could not be delivered (disk full)";

    it("gets a line only when the one before was taken", async (t) => {
      let isTaking = false;
      const onEvent = async (event: BuildEvent): Promise<void> => {
        if (event.type !== "line" || event.stream !== "stdout") return;
        assert.equal(isTaking, false);
        isTaking = true;
        await turn();
        isTaking = false;
      };
      const scene = new Scene(t, { onEvent });
      const { id } = scene.queue.add(plan([step("build", "seq 1 100")]));
      assert.equal((await scene.end(id)).status, "succeeded");
      const lines = scene.events.filter((event) => event.type === "line" && event.stream === "stdout");
      assert.equal(lines.length, 100);
    });

    it("gets nothing after the end, however slow it is to take a line", async (t) => {
      const stage = await Stage.open(t);
      // The step does not wait for the consumer for long.
      watchDelays(t, 1);
      let take: () => void = () => undefined;
      const taken = new Promise<void>((resolve) => (take = resolve));
      const scene = new Scene(t, { onEvent: (event) => (isLine(event, "one") ? taken : undefined) });
      const { id } = scene.queue.add(plan([stage.step("build")]));
      const build = await stage.actor("build");
      await build.do({ action: "write", text: "one\ntwo\nthree\n" });
      await scene.until("one");
      scene.queue.cancel(id);
      const { finishedAt } = await scene.end(id);
      take();
      // A turn for each line that is left, and more.
      for (let turns = 0; turns < 10; turns++) await turn();
      assert.deepEqual(scene.story(id).slice(-5), [
        "build stdout: one",
        "[build] running, build cancelled",
        "build system: build was stopped by SIGTERM after N s",
        "- system: cancelled while build was running",
        "[end] cancelled, build cancelled",
      ]);
      const last = scene.events.findLast((event) => event.type === "line");
      assert.equal(last?.time, finishedAt);
    });

    for (const kind of ["throws", "rejects"]) {
      it(`stops the build when it ${kind}, at whatever event, and the next build runs`, async (t) => {
        for (let at = 1, isThrough = false; !isThrough; at++) {
          let count = 0;
          const onEvent = (): void | Promise<void> => {
            count += 1;
            if (count !== at) return;
            const error = kind === "throws" ? new Error("disk full") : "disk full";
            if (kind === "throws") throw error;
            return Promise.reject(error);
          };
          const scene = new Scene(t, { concurrency: 1, onEvent });
          const { id } = scene.queue.add(plan([step("install", "echo 1"), step("build", "echo 2")]));
          const end = await scene.end(id);
          isThrough = count < at;
          // The last two are the final sentence and the end itself: by then there is nothing left to stop.
          const isLate = count - at < 2;
          assert.equal(end.status, isLate ? "succeeded" : "failed", `failed at event ${at}`);
          if (!isLate) assert.ok(end.message?.startsWith(`${lost} `), end.message ?? "");
          assert.equal(scene.events.filter(({ type }) => type === "end").length, 1);
          assert.equal(scene.events.at(-1)?.type, "end");
          count = Infinity;
          assert.equal(scene.queue.add(plan([])).status, "succeeded");
          await scene.queue.close();
        }
      });
    }

    it("cannot keep a waiting build from being cancelled by failing", async (t) => {
      const stage = await Stage.open(t);
      let isBroken = false;
      const scene = new Scene(t, {
        concurrency: 1,
        onEvent: () => {
          if (isBroken) throw new Error("disk full");
        },
      });
      scene.queue.add(plan([stage.step("running")]));
      isBroken = true;
      const { id } = scene.queue.add(plan([]));
      isBroken = false;
      await scene.queue.close();
      assert.equal(scene.queue.get(id).message, `${lost} before it started`);
    });
  });

  describe("constructor()", () => {
    const onEvent = (): void => undefined;
    const wrong: Readonly<Record<string, readonly unknown[]>> = {
      concurrency: [0, -1, 1.5, NaN, Infinity, "2"],
      queueLimit: [-1, 0.5, "1"],
      timeout: [-1, 2 ** 31, Infinity],
      keep: [-1, NaN],
      silence: [-1, 2 ** 31, "60"],
      nice: [-1, 20, 1.5],
      logLimit: [0, 0.5, "1"],
      killGrace: [-1, 2 ** 31],
      onStart: [7],
      onSpawn: [7],
      onEvent: ["print", {}],
      onForget: [7],
      env: [7, "PATH=/bin", null, []],
    };
    for (const [name, values] of Object.entries(wrong)) {
      it(`refuses a wrong ${name}`, () => {
        for (const value of values) {
          const options = { onEvent, [name]: value } as unknown as BuildQueueOptions;
          assert.throws(() => new BuildQueue(options), { code: "INVALID_OPTION", message: new RegExp(`"${name}"`) });
        }
      });
    }

    it("needs options, which are an object", () => {
      const message = /^Cannot use the option "options": it must be an object, not /;
      for (const value of [undefined, null, 7, "fast", []]) {
        const options = value as unknown as BuildQueueOptions;
        assert.throws(() => new BuildQueue(options), { code: "INVALID_OPTION", message });
      }
    });

    it("needs onEvent", () => {
      const message = 'Cannot use the option "onEvent": it must be a function, not undefined';
      assert.throws(() => new BuildQueue({} as BuildQueueOptions), { code: "INVALID_OPTION", message });
    });
  });
});
