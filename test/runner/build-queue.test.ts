import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { BuildQueue } from "../../dist/runner/build-queue.js";
import { Stage } from "../support/actors.js";
import { Scene, ownDirectory, plan, statuses, step } from "./queue-scene.js";
import type { BuildQueueOptions } from "../../dist/runner/build-queue-options.js";
import type { Plan } from "../../dist/runner/planning/plan.js";

describe("BuildQueue", () => {
  describe("add()", () => {
    it("runs `concurrency` builds at once, in the order in which they were added", async (t) => {
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

    it("never runs two builds in one directory, and lets no build overtake the one that waits for it", async (t) => {
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

    it("refuses a build when the queue is full", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1, queueLimit: 1 });
      scene.queue.add(plan([stage.step("running")]));
      const { id } = scene.queue.add(plan([]));
      const message = "Cannot accept the build: the queue is full (1 build); try again later";
      assert.throws(() => scene.queue.add(plan([])), { code: "QUEUE_FULL", message });
      scene.queue.cancel(id);
      assert.equal(scene.queue.add(plan([])).status, "queued");
    });

    it("counts builds that wait for a directory as queued", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 9, queueLimit: 1 });
      scene.queue.add(plan([stage.step("running")]));
      assert.equal(scene.queue.add(plan([stage.step("waiting")])).status, "queued");
      assert.throws(() => scene.queue.add(plan([stage.step("third")])), { code: "QUEUE_FULL" });
      assert.equal(scene.queue.add(plan([stage.step("elsewhere", ownDirectory())])).status, "running");
    });

    it("refuses a plan of another form, and names the wrong property", async (t) => {
      const scene = new Scene(t);
      const good = step("build", "true");
      const withStep = (change: object): object => ({ ...plan([]), steps: [good, { ...good, ...change }] });
      const wrong: readonly (readonly [given: unknown, complaint: string])[] = [
        [undefined, '"plan": it must be an object, not undefined'],
        [null, '"plan": it must be an object, not null'],
        ["npm run build", '"plan": it must be an object, not a string'],
        [[], '"plan": it must be an object, not an array'],
        [{ ...plan([]), projectPath: "" }, '"plan.projectPath": it must be a non-empty string, not ""'],
        [{ ...plan([]), projectName: 7 }, '"plan.projectName": it must be a string, not a number'],
        [{ ...plan([]), packageManager: 7 }, '"plan.packageManager": it must be a string or null, not a number'],
        [{ ...plan([]), script: 7 }, '"plan.script": it must be a string or null, not a number'],
        [
          { ...plan([]), install: "no" },
          '"plan.install": it must be "auto" or "clean" or "update" or "skip", not "no"',
        ],
        [{ ...plan([]), reason: undefined }, '"plan.reason": it must be a string, not undefined'],
        [{ ...plan([]), warnings: undefined }, '"plan.warnings": it must be an array, not undefined'],
        [{ ...plan([]), warnings: ["odd", {}] }, '"plan.warnings[1]": it must be a string, not an object'],
        [{ ...plan([]), steps: {} }, '"plan.steps": it must be an array, not an object'],
        [{ ...plan([]), steps: ["make"] }, '"plan.steps[0]": it must be an object, not a string'],
        [withStep({ name: null }), '"plan.steps[1].name": it must be a string, not null'],
        [withStep({ command: "" }), '"plan.steps[1].command": it must be a non-empty string, not ""'],
        [withStep({ args: undefined }), '"plan.steps[1].args": it must be an array, not undefined'],
        [withStep({ args: "-v" }), '"plan.steps[1].args": it must be an array, not a string'],
        [withStep({ args: ["-j", 2] }), '"plan.steps[1].args[1]": it must be a string, not a number'],
        [withStep({ cwd: undefined }), '"plan.steps[1].cwd": it must be a non-empty string, not undefined'],
        [{ ...plan([]), pins: "/" }, '"plan.pins": it must be an array, not a string'],
        [{ ...plan([]), pins: ["/"] }, '"plan.pins[0]": it must be an object, not a string'],
        [
          { ...plan([]), pins: [{ path: "/", device: "1" }] },
          '"plan.pins[0].inode": it must be a non-empty string, not undefined',
        ],
        [withStep({ env: "A=1" }), '"plan.steps[1].env": it must be an object, not a string'],
      ];
      for (const [given, complaint] of wrong) {
        const message = `Cannot use ${complaint}`;
        assert.throws(() => scene.queue.add(given as Plan), { code: "INVALID_OPTION", message });
      }
      assert.deepEqual([scene.events, scene.queue.list()], [[], []]);
      const right = withStep({ env: { A: "1" } }) as Plan;
      assert.equal((await scene.end(scene.queue.add(right).id)).status, "succeeded");
    });

    it("accepts only builds that can start at once when queueLimit is 0", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 1, queueLimit: 0 });
      assert.equal(scene.queue.add(plan([stage.step("running")])).status, "running");
      assert.throws(() => scene.queue.add(plan([])), { code: "QUEUE_FULL" });
    });
  });

  describe("queuePosition", () => {
    /** The positions in the events of a build, in order; `null` when it was not queued. */
    const told = ({ events }: Scene, id: string): (number | null)[] => {
      return events.flatMap((event) => {
        return "build" in event && event.build.id === id ? [event.build.queuePosition] : [];
      });
    };
    const positions = ({ queue }: Scene): (number | null)[] => {
      return queue.list().reverse().map(({ queuePosition }) => queuePosition);
    };

    it("is counted in the order of the queue, and emitted when it changes", async (t) => {
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

    it("is emitted in rounds, so that a fast queue causes few events", async (t) => {
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

    it("is not emitted for builds that were cancelled in the same round", async (t) => {
      const stage = await Stage.open(t);
      const scene: Scene = new Scene(t, {
        concurrency: 1,
        onEvent: (event) => {
          // The first build with a new position cancels all others.
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

  it("keeps 20 builds by default", (t) => {
    const scene = new Scene(t);
    const ids = Array.from({ length: 21 }, () => scene.queue.add(plan([])).id);
    assert.deepEqual(scene.queue.list().map(({ id }) => id), ids.slice(1).reverse());
    assert.deepEqual(scene.forgotten, ids.slice(0, 1));
  });

  it("forgets a build only after its last event", async (t) => {
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
    it("cancels queued and running builds, and resolves when all have ended", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 2 });
      const ids = ["a", "b", "c", "d"].map((name) => scene.queue.add(plan([stage.step(name, ownDirectory())])).id);
      const [a, b] = await Promise.all([stage.actor("a"), stage.actor("b")]);
      // This build is already cancelled. Closing does not count as a second cancel, which would kill it.
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

    it("kills the processes that are still running when it is called a second time", async (t) => {
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

    it("starts no build whose directory becomes free during the close", async (t) => {
      const stage = await Stage.open(t);
      const scene = new Scene(t, { concurrency: 9 });
      const [root, other] = [ownDirectory(), ownDirectory()];
      scene.queue.add(plan([stage.step("first", root)]));
      scene.queue.add(plan([stage.step("second", root), stage.step("second build", other)]));
      const { id } = scene.queue.add(plan([stage.step("third", other)]));
      await scene.queue.close();
      assert.equal(scene.queue.get(id).message, "cancelled by the shutdown before it started");
    });

    it("waits until the consumer has accepted the last events", async (t) => {
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

    it("is called when the queue is disposed of", async () => {
      const queue = new BuildQueue({ onEvent: () => undefined });
      await queue[Symbol.asyncDispose]();
      assert.throws(() => queue.add(plan([])), { code: "SHUTTING_DOWN" });
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
      pids: [-1, 1.5, 4_194_305, "9", Infinity],
      cgroup: ["", 7, "/nowhere/at/all"],
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

    it("refuses options that are not an object", () => {
      const message = /^Cannot use "options": it must be an object, not /;
      for (const value of [undefined, null, 7, "fast", []]) {
        const options = value as unknown as BuildQueueOptions;
        assert.throws(() => new BuildQueue(options), { code: "INVALID_OPTION", message });
      }
    });

    it("refuses to work without onEvent", () => {
      const message = 'Cannot use "onEvent": it must be a function, not undefined';
      assert.throws(() => new BuildQueue({} as BuildQueueOptions), { code: "INVALID_OPTION", message });
    });
  });
});
