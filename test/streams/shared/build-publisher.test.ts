import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pendingStep, queuedRecord } from "../../../dist/runner/record.js";
import { BuildPublisher } from "../../../dist/streams/shared/build-publisher.js";
import { MemoryLogs, textOf } from "./memory-machines.js";
import type { BuildLineEvent, BuildRecord } from "../../../dist/index.js";

const ID = "0mjd00000abcdefg";
const TIME = "2026-11-28T12:00:00.000Z";
const source = { projectPath: "/srv/shop", projectName: "shop", packageManager: "npm" };
const known = { id: ID, steps: [pendingStep("plan", "")], estimatedDuration: null, queuedAt: TIME };
const queued = queuedRecord(source, known);
const running: BuildRecord = { ...queued, status: "running", startedAt: TIME };
const ended: BuildRecord = { ...running, status: "succeeded", finishedAt: TIME, message: "succeeded in 1 s" };

function line(number: number, text: string, open?: true): BuildLineEvent {
  const event = { type: "line", buildId: ID, number, step: "plan", stream: "stdout", text, time: TIME } as const;
  return open === undefined ? event : { ...event, open };
}

/** The events of a log as text, without ids. */
async function eventsOf(logs: MemoryLogs, topic: string): Promise<string[]> {
  const text = await textOf(logs.root(topic).fork());
  return text.replaceAll(/^id: .*\n/gm, "").split("\n\n").slice(0, -1);
}

describe("BuildPublisher", () => {
  it("publishes a build in its own log, its states in that of all builds, and everything in the feed", async (t) => {
    const logs = new MemoryLogs();
    const publisher = new BuildPublisher(logs, 60_000);
    t.after(() => publisher.close());
    await publisher.publish({ type: "build", build: running });
    assert.equal(publisher.publish(line(1, "half", true)), undefined);
    assert.equal(publisher.publish(line(1, "half done")), undefined);
    const hint = { code: "DISK_FULL", subject: null, cause: "the disk is full", remedy: "free some space" } as const;
    assert.equal(publisher.publish({ type: "hint", buildId: ID, step: "plan", ...hint }), undefined);
    await publisher.publish({ type: "end", build: ended });
    const state = JSON.stringify(running);
    const end = JSON.stringify(ended);
    const hinted = `event: hint\ndata: {"buildId":"${ID}","step":"plan",${JSON.stringify(hint).slice(1)}`;
    const own = `"number":1,"step":"plan","stream":"stdout","text"`;
    assert.deepEqual(await eventsOf(logs, ID), [
      `event: build\ndata: ${state}`,
      `event: line\ndata: {${own}:"half","time":"${TIME}","open":true}`,
      `event: line\ndata: {${own}:"half done","time":"${TIME}"}`,
      hinted,
      `event: end\ndata: ${end}`,
    ]);
    assert.ok(logs.root(ID).fork().isComplete);
    assert.deepEqual(await eventsOf(logs, "builds"), [`event: build\ndata: ${state}`, `event: end\ndata: ${end}`]);
    const feed = (await eventsOf(logs, "feed")).map((event) => event.replace(/\[\d{4}-\S+ \S+\]/, "[time]"));
    assert.deepEqual(feed, [
      `event: build\ndata: ${state}`,
      `event: open\ndata: [time] [${ID} shop] half`,
      `data: [time] [${ID} shop] half done`,
      hinted,
      `event: build\ndata: ${end}`,
    ]);
    // The log of the build, which has ended, is closed.
    assert.equal(logs.openCount, 2);
  });

  it("pauses a build while more than 1 MiB is not stored, and loses no line", async (t) => {
    const logs = new MemoryLogs();
    const publisher = new BuildPublisher(logs, 60_000);
    t.after(() => publisher.close());
    await publisher.publish({ type: "build", build: running });
    logs.interrupt();
    let number = 0;
    let paused: void | Promise<void> = undefined;
    while (paused === undefined) paused = publisher.publish(line(++number, "x".repeat(10_000)));
    assert.equal(number, 104);
    let isPaused = true;
    const over = paused.then(() => (isPaused = false));
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(isPaused, true);
    logs.restore();
    await over;
    await publisher.publish({ type: "end", build: ended });
    const text = await textOf(logs.root(ID).fork());
    const numbers = Array.from(text.matchAll(/"number":(\d+)/g), ([, found]) => Number(found));
    assert.deepEqual(numbers, Array.from({ length: number }, (_, index) => index + 1));
  });

  it("rejects when another process has ended the build", async (t) => {
    const logs = new MemoryLogs();
    const publisher = new BuildPublisher(logs, 60_000);
    t.after(() => publisher.close());
    await publisher.publish({ type: "build", build: running });
    await logs.root(ID).complete();
    await assert.rejects(async () => publisher.publish({ type: "build", build: running }), { code: "CHANNEL_CLOSED" });
    await assert.rejects(async () => publisher.publish(line(1, "late")), { code: "CHANNEL_CLOSED" });
    await assert.rejects(async () => publisher.publish({ type: "end", build: ended }), { code: "CHANNEL_CLOSED" });
    assert.equal((await eventsOf(logs, "builds")).length, 1);
  });

  it("continues with the next build after an outage that was too long", async (t) => {
    const logs = new MemoryLogs();
    const publisher = new BuildPublisher(logs, 60);
    t.after(() => publisher.close());
    logs.interrupt();
    await assert.rejects(async () => publisher.publish({ type: "end", build: ended }), { code: "LOG_UNAVAILABLE" });
    logs.restore();
    const next = { ...running, id: ID.replace("abc", "xyz") };
    await publisher.publish({ type: "build", build: next });
    assert.deepEqual(await eventsOf(logs, "builds"), [`event: build\ndata: ${JSON.stringify(next)}`]);
  });
});
