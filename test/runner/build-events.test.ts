import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { identify } from "../../dist/runner/process/identity.js";
import { Stage } from "../support/actors.js";
import { watchDelays } from "./delays.js";
import { Scene, isLine, plan, statuses, step } from "./queue-scene.js";
import type { BuildEvent } from "../../dist/runner/events.js";

describe("Build", () => {
  it("passes the cookie of a build to onStart before the first command starts", async (t) => {
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
    const lastLines = ids.map((id) => scene.story(id).at(-1) ?? "");
    for (const line of lastLines) assert.match(line, /^- system: the environment/, "a step started too early");
    store();
    for (const [id = "", cookie = ""] of told) {
      await scene.end(id);
      const lines = scene.story(id).filter((line) => line.includes("stdout"));
      assert.deepEqual(lines, [`install stdout: ${cookie}`, `build stdout: ${cookie}`]);
    }
    assert.notEqual(told[0]?.[1], told[1]?.[1]);
  });

  it("can be cancelled while its cookie is being stored", async (t) => {
    const scene = new Scene(t, { onStart: () => new Promise(() => undefined) });
    const { id } = scene.queue.add(plan([step("install", "echo no")]));
    scene.queue.cancel(id);
    const end = await scene.end(id);
    assert.deepEqual([end.status, end.message], ["cancelled", "cancelled before install started"]);
  });

  it("passes the process of each step to onSpawn", async (t) => {
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

  describe("onEvent", () => {
    const lost = "stopped because its events could not be delivered (disk full)";

    it("receives a line only after it has accepted the one before", async (t) => {
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

    it("receives nothing after the end, even if it has not yet accepted a line", async (t) => {
      const stage = await Stage.open(t);
      // Shortens the time for which the step waits for the consumer.
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
      // More turns than there are remaining lines.
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
      it(`stops the build when it ${kind}, at every event, and runs the next build`, async (t) => {
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
          // The last two events are the final sentence and the end. Nothing can be stopped by then.
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

    it("cannot prevent the cancellation of a queued build by failing", async (t) => {
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
});
