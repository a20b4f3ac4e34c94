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
  const states = await BuildStates.open(logs, { keep, onEvent, onError: (error) => void errors.push(error) });
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
    assert.equal(states.get("b").status, "running");
    assert.throws(() => states.get("e"), { code: "BUILD_NOT_FOUND" });
  });

  it("follows changes, and ignores events that are in the log again", async (t) => {
    const logs = new MemoryLogs();
    const { states, events } = await open(t, logs);
    await publish(logs, queued("a"), queued("a"), running("a"), queued("a"), ended("a"), running("a"), running("b"));
    await until(() => shown(states).length === 2);
    assert.deepEqual(shown(states), ["b running", "a succeeded"]);
    assert.deepEqual(events, ["a queued", "a running", "a succeeded", "b running"]);
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
