import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { MemoryLog } from "../../../dist/channel/history/memory-log.js";
import { FollowedLines } from "../../../dist/streams/shared/followed-lines.js";
import { until } from "../../support/channel.js";
import type { TestContext } from "node:test";

const TIME = "2026-11-28T12:00:00.000Z";

async function follow(t: TestContext, log: MemoryLog): Promise<{ lines: FollowedLines; channel: Channel }> {
  const channel = new Channel({ log, capacity: 4 });
  const lines = new FollowedLines(channel, log.epoch);
  t.after(async () => {
    await lines.close();
    await channel.close();
  });
  return { lines, channel };
}

async function publish(log: MemoryLog, from: number, count: number): Promise<void> {
  for (let number = from; number < from + count; number++) {
    const line = { number, step: "build", stream: "stdout", text: `text ${number}`, time: TIME };
    await log.publish({ event: "line", data: JSON.stringify(line) });
  }
}

describe("FollowedLines", () => {
  it("follows a log, and reads lines that are no longer in memory from the store", async (t) => {
    const log = new MemoryLog();
    await publish(log, 1, 20);
    const { lines } = await follow(t, log.fork());
    const first = await (await lines.upTo(21, log.epoch)).lines(3, 2);
    assert.deepEqual(first.lines.map(({ text }) => text), ["text 3", "text 4"]);
    await publish(log, 21, 1);
    await log.refresh();
    const last = await (await lines.upTo(22, log.epoch)).lines(21, 5);
    assert.deepEqual([last.lines.length, last.lineCount, last.lastEventId], [1, 21, `${log.epoch}-21`]);
  });

  it("starts with the oldest event that the store has", async (t) => {
    const log = new MemoryLog({ capacity: 5 });
    await publish(log, 1, 12);
    const { lines } = await follow(t, log.fork());
    const found = await (await lines.upTo(13, log.epoch)).lines(1, 100);
    assert.deepEqual([found.from, found.lines.length, found.lineCount], [8, 5, 12]);
  });

  it("starts again when the epoch changes", async (t) => {
    const log = new MemoryLog();
    const { lines } = await follow(t, log);
    await publish(log, 1, 3);
    await lines.upTo(4, log.epoch);
    const old = log.epoch;
    log.reset();
    await publish(log, 1, 2);
    await until(() => log.epoch !== old && log.end === 3);
    const found = await (await lines.upTo(3, log.epoch)).lines(1, 10);
    assert.deepEqual([found.lineCount, found.lastEventId], [2, `${log.epoch}-2`]);
  });

  it("rejects requests that wait when it is closed", async (t) => {
    const { lines } = await follow(t, new MemoryLog());
    const waiting = assert.rejects(lines.upTo(5, "e"), { code: "SHUTTING_DOWN" });
    await lines.close();
    await waiting;
  });
});
