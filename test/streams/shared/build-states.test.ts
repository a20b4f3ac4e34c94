import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pendingStep, queuedRecord } from "../../../dist/runner/record.js";
import { BuildStates } from "../../../dist/streams/shared/build-states.js";
import { until } from "../../support/channel.js";
import { MemoryLogs } from "./memory-machines.js";
import type { TestContext } from "node:test";
import type { BuildEvent, BuildRecord } from "../../../dist/index.js";

const TIME = "2026-11-28T12:00:00.000Z";

function queued(id: string): BuildRecord {
  const source = { projectPath: `/srv/${id}`, projectName: id, packageManager: null };
  return queuedRecord(source, { id, steps: [pendingStep("plan", "")], estimatedDuration: null, queuedAt: TIME });
}

const running = (id: string): BuildRecord => ({ ...queued(id), status: "running", startedAt: TIME });

const ended = (id: string): BuildRecord => ({ ...running(id), status: "succeeded", finishedAt: TIME });

async function open(t: TestContext, logs: MemoryLogs, keep = 100) {
  const events: string[] = [];
  const errors: unknown[] = [];
  const onEvent = (event: BuildEvent): void => {
    if ("build" in event) events.push(`${event.build.id} ${event.build.status}`);
  };
  const onError = (error: unknown): void => void errors.push(error);
  const states = await BuildStates.open(logs, { keep, patience: 5000, onEvent, onError });
  t.after(() => states.close());
  return { states, events, errors };
}

async function publish(logs: MemoryLogs, ...builds: BuildRecord[]): Promise<void> {
  for (const build of builds) {
    const event = build.finishedAt === null ? "build" : "end";
    await logs.root("builds").publish({ event, data: JSON.stringify(build) });
  }
}

const shown = (states: BuildStates): string[] => states.list().map(({ id, status }) => `${id} ${status}`);

describe("BuildStates", () => {
  it("knows all builds when it is open, the newest first, and reports those that have not ended", async (t) => {
    const logs = new MemoryLogs();
    await publish(logs, queued("a"), queued("b"), running("a"), ended("a"), queued("c"), queued("d"), running("b"));
    const { states, events } = await open(t, logs);
    assert.deepEqual(shown(states), ["d queued", "c queued", "b running", "a succeeded"]);
    assert.deepEqual(states.list().map(({ queuePosition }) => queuePosition), [2, 1, null, null]);
    assert.deepEqual(events, ["d queued", "c queued", "b running"]);
    assert.equal((await states.get("b")).status, "running");
    await assert.rejects(states.get("e"), { code: "BUILD_NOT_FOUND" });
  });

  it("follows changes, and ignores events that are in the log again", async (t) => {
    const logs = new MemoryLogs();
    const { states, events } = await open(t, logs);
    await publish(logs, queued("a"), queued("a"), running("a"), queued("a"), ended("a"), running("a"), running("b"));
    await until(() => shown(states).length === 2);
    assert.deepEqual(shown(states), ["b running", "a succeeded"]);
    assert.deepEqual(events, ["a queued", "a running", "a succeeded", "b running"]);
  });

  it("asks the store for an unknown build", async (t) => {
    const logs = new MemoryLogs(undefined, ["builds"]);
    const { states } = await open(t, logs);
    await assert.rejects(states.get("a"), { code: "BUILD_NOT_FOUND" });
    await publish(logs, queued("a"), running("a"));
    assert.equal((await states.get("a")).status, "running");
    await publish(logs, ended("a"), queued("b"));
    assert.equal((await states.get("a")).status, "running");
    await states.refresh();
    assert.deepEqual(shown(states), ["b queued", "a succeeded"]);
    logs.interrupt();
    await assert.rejects(states.get("c"), { code: "LOG_UNAVAILABLE" });
    logs.restore();
    await states.close();
    await assert.rejects(states.get("c"));
  });

  it("asks the store for an unknown build after another epoch has started", async (t) => {
    const logs = new MemoryLogs();
    const { states } = await open(t, logs);
    await publish(logs, queued("a"), queued("b"));
    await states.refresh();
    logs.root("builds").reset();
    await publish(logs, running("b"), queued("c"));
    assert.equal((await states.get("c")).status, "queued");
    assert.deepEqual(shown(states), ["c queued", "b running", "a queued"]);
  });

  it("keeps the newest builds that have ended, and all others", async (t) => {
    const logs = new MemoryLogs();
    const { states } = await open(t, logs, 1);
    await publish(logs, running("a"), ended("b"), ended("c"), ended("d"));
    await until(() => shown(states)[0] === "d succeeded");
    assert.deepEqual(shown(states), ["d succeeded", "a running"]);
  });

  it("continues after another epoch has started, and after an unreadable event", async (t) => {
    const logs = new MemoryLogs();
    const { states, errors } = await open(t, logs);
    await publish(logs, running("a"));
    await until(() => shown(states).length === 1);
    logs.root("builds").reset();
    await logs.root("builds").publish({ event: "build", data: "{" });
    await publish(logs, running("a"), ended("a"), running("b"));
    await until(() => shown(states).length === 2);
    assert.deepEqual(shown(states), ["b running", "a succeeded"]);
    assert.equal(errors.length, 1);
  });
});
