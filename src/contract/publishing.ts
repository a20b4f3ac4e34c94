import assert from "node:assert/strict";
import { formatSequenceId, isEpoch } from "../protocol/sequence-id.ts";
import { publishAll } from "./log-kit.ts";
import { readPieces } from "./read-pieces.ts";
import { SAMPLE_EVENTS, numberedEvents, textsOf } from "./sample-events.ts";
import type { PublishedEvent } from "../channel/log/published-event.ts";
import type { Checks } from "./contract-check.ts";
import type { LogKit } from "./log-kit.ts";

const idsOf = (epoch: string, first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => formatSequenceId(epoch, first + index));

/** Events that no log accepts. */
const INVALID_EVENTS: readonly unknown[] = [
  undefined, null, 5, {}, [], { event: "line" }, { data: 5 }, { data: "x", id: "mine-1" }, { data: "x", id: "" },
  { data: "x", event: "two\nlines" }, { data: "x", event: "" }, { data: "x", retry: -1 },
  { data: "x", comment: "two\nlines" },
];

/** The promises of `publish`, `complete` and `close`. */
export const publishing: Checks<LogKit> = {
  "is empty when it is new": async (kit) => {
    const { epoch, start, end, isComplete } = await kit.open();
    assert.ok(isEpoch(epoch), `the epoch ${JSON.stringify(epoch)}`);
    assert.deepEqual({ start, end, isComplete }, { start: 1, end: 1, isComplete: false });
  },

  "gives ids without holes, in the order of the calls": async (kit) => {
    const log = await kit.open();
    const single = await publishAll(log, numberedEvents(3));
    const together = await Promise.all(numberedEvents(200, "later").map((event) => log.publish(event)));
    assert.deepEqual([...single, ...together], idsOf(log.epoch, 1, 203));
    await log.refresh();
    const texts = await readPieces(log, 1, log.end);
    assert.deepEqual(texts, textsOf([...numberedEvents(3), ...numberedEvents(200, "later")], log.epoch));
  },

  "gives each event of several processes its own id, and all of them one order": async (kit) => {
    const logs = [await kit.open(), await kit.open(), await kit.open()];
    const recorders = logs.map((log) => kit.follow(log));
    const epoch = logs[0]?.epoch ?? "";
    const published = logs.map(async (log, index) => {
      const texts: [id: string, data: string][] = [];
      for (let round = 0; round < 10; round++) {
        const events = numberedEvents(5, `process ${index}, round ${round}, event`);
        const ids = await Promise.all(events.map((event) => log.publish(event)));
        texts.push(...ids.map((id, at): [string, string] => [id, events[at] ?? ""]));
      }
      return texts;
    });
    const data = new Map((await Promise.all(published)).flat());
    const ids = idsOf(epoch, 1, 150);
    assert.deepEqual([...data.keys()].sort(), [...ids].sort());
    const expected = textsOf(ids.map((id) => data.get(id) ?? ""), epoch);
    for (const recorder of recorders) {
      await recorder.reaches(151);
      assert.deepEqual(await recorder.texts(), expected);
    }
  },

  "stores every event as each channel encodes it": async (kit) => {
    const log = await kit.open();
    const other = await kit.open();
    const [own, foreign] = [kit.follow(log), kit.follow(other)];
    for (const event of SAMPLE_EVENTS) await log.publish(event);
    const expected = textsOf(SAMPLE_EVENTS, log.epoch);
    for (const recorder of [own, foreign]) {
      await recorder.reaches(SAMPLE_EVENTS.length + 1);
      assert.deepEqual(await recorder.texts(), expected);
    }
    for (const each of [log, other]) assert.deepEqual(await readPieces(each, 1, each.end), expected);
  },

  "refuses events that a client could not read unchanged, and stores nothing": async (kit) => {
    const log = await kit.open();
    for (const event of INVALID_EVENTS) {
      await assert.rejects(log.publish(event as PublishedEvent), { code: "INVALID_EVENT" }, JSON.stringify(event));
    }
    const { maxEventBytes } = kit.options;
    if (maxEventBytes !== undefined) {
      await assert.rejects(log.publish("x".repeat(maxEventBytes + 1)), { code: "EVENT_TOO_LARGE" });
      // The encoded event is larger than its data.
      await assert.rejects(log.publish("é".repeat(maxEventBytes / 2)), { code: "EVENT_TOO_LARGE" });
    }
    assert.equal(await log.publish("the first"), `${log.epoch}-1`);
  },

  "completes once, for all processes, after all events": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    const recorders = [kit.follow(log), kit.follow(other)];
    const published = Promise.all(numberedEvents(20).map((event) => log.publish(event)));
    const completed = log.complete();
    await Promise.all([published, completed]);
    await other.complete();
    for (const recorder of recorders) await recorder.until(() => recorder.completions > 0);
    for (const each of [log, other, await kit.open()]) {
      await each.refresh();
      assert.equal(each.isComplete, true);
      await assert.rejects(each.publish("too late"), { code: "CHANNEL_CLOSED" });
      assert.deepEqual(await readPieces(each, 1, each.end), textsOf(numberedEvents(20), log.epoch));
    }
    for (const recorder of recorders) {
      recorder.assertSound();
      assert.deepEqual([recorder.next, recorder.completions], [21, 1]);
    }
  },

  "does nothing after it was closed, and does not affect other processes": async (kit) => {
    const [log, other] = [await kit.open(), await kit.open()];
    const [own, foreign] = [kit.follow(log), kit.follow(other)];
    await log.publish("before");
    await own.reaches(2);
    // This event is stored, or the promise rejects.
    const pending = log.publish("at the same time").catch(() => undefined);
    await log.close();
    await log.close();
    await pending;
    own.stop();
    for (const call of [() => log.publish("after"), () => log.complete(), () => log.refresh()]) {
      await assert.rejects(call, { code: "CHANNEL_CLOSED" });
    }
    const { next } = own;
    const id = await other.publish("from another process");
    await foreign.until(() => `${other.epoch}-${foreign.next - 1}` === id);
    assert.equal(own.next, next, "the end of a closed log");
    assert.equal(other.isComplete, false);
  },
};
