import assert from "node:assert/strict";
import { publishAll } from "./log-kit.ts";
import { readOn, readPieces, splitEvents } from "./read-pieces.ts";
import { numberedEvents, textsOf } from "./sample-events.ts";
import type { Checks } from "./contract-check.ts";
import type { LogKit } from "./log-kit.ts";

const LARGE = numberedEvents(60).map((event) => event.padEnd(10_000, "."));

/** The promises of `read`. */
export const reading: Checks<LogKit> = {
  "reads from every event to the end, in whole events": async (kit) => {
    const log = await kit.open();
    await publishAll(log, numberedEvents(20));
    await log.refresh();
    const expected = textsOf(numberedEvents(20), log.epoch);
    for (let first = 1; first <= 20; first++) {
      assert.deepEqual(await readPieces(log, first, 21), expected.slice(first - 1), `from event ${first} on`);
    }
  },

  "divides long logs into pieces of about 64 KiB, which many readers read at once": async (kit) => {
    const log = await kit.open();
    await Promise.all(LARGE.map((event) => log.publish(event)));
    await log.refresh();
    const expected = textsOf(LARGE, log.epoch);
    const starts = [1, 1, 2, 7, 30, 59, 60];
    const read = await Promise.all(starts.map((start) => readPieces(log, start, 61)));
    for (const [index, texts] of read.entries()) assert.deepEqual(texts, expected.slice((starts[index] ?? 1) - 1));
  },

  "continues a reader with events that were stored after it was opened": async (kit) => {
    const log = await kit.open();
    await publishAll(log, numberedEvents(2));
    await log.refresh();
    const reader = log.read(1);
    const first = await reader.next();
    await log.publish("later");
    await log.refresh();
    const rest = await readOn(reader, first.next, 4);
    reader.close();
    const texts = textsOf([...numberedEvents(2), "later"], log.epoch);
    assert.deepEqual([...splitEvents(first.bytes.toString()), ...rest], texts);
  },

  "lets a reader leave at any time": async (kit) => {
    const log = await kit.open();
    await publishAll(log, numberedEvents(2));
    await log.refresh();
    log.read(1).close();
    const reader = log.read(1);
    const pending = reader.next().catch(() => undefined);
    reader.close();
    await pending;
    assert.deepEqual(await readPieces(log, 1, 3), textsOf(numberedEvents(2), log.epoch));
  },
};

/** The promises of `read` when the store has removed events. */
export const removing: Checks<LogKit> = {
  "rejects a read of removed events, knows its start then, and reads from there": async (kit) => {
    const [log, other] = [await kit.openSmall(), await kit.openSmall()];
    const recorder = kit.follow(log);
    await log.publish("the first");
    await Promise.all([recorder.reaches(2), other.refresh()]);
    const early = log.read(1);
    const unfollowed = other.read(1);
    let count = 1;
    for (; log.start === 1; count += 100) {
      assert.ok(count < 10_000, "the log has removed no event, although 10 000 were stored");
      await Promise.all(numberedEvents(100, `${count} and`).map((event) => log.publish(event)));
      await log.refresh();
    }
    for (const [name, reader] of Object.entries({ early, unfollowed, new: log.read(1) })) {
      await assert.rejects(reader.next(), (error) => (error as { code?: unknown }).code !== "LOG_UNAVAILABLE", name);
      reader.close();
    }
    for (const each of [log, other]) assert.ok(each.start > 1, `start is ${each.start} after a rejected read`);
    await recorder.reaches(count + 1);
    const { start } = log;
    const texts = await readPieces(log, start, log.end);
    assert.equal(texts.length, log.end - start);
    assert.match(texts[0] ?? "", new RegExp(`^id: ${log.epoch}-${start}$`, "m"));
  },
};
