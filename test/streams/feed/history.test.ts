import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import { FeedHistory } from "../../../dist/streams/feed/history.js";
import { FeedJournal } from "../../../dist/streams/feed/journal.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { ChannelHistory } from "../../../dist/channel/history/history.js";

const A = "0mwsa477kj5bo0ek";
const B = "0mwsa47c01zx9yq2";

/** Logs of builds, three events a piece, whose last event is the ninth; it counts who reads them. */
class Logs {
  opened = 0;
  closed = 0;

  readonly open = (buildId: string): Promise<ChannelHistory> => {
    const event = (sequence: number): string =>
      `event: ${sequence === 9 ? "end" : "build"}\nid: ${buildId}-${sequence}\ndata: ${buildId} ${sequence}\n\n`;
    return Promise.resolve({
      epoch: buildId,
      end: 10,
      read: (sequence: number) => {
        let next = sequence;
        this.opened++;
        return {
          next: () => {
            const first = next;
            next = Math.min(10, first + 3);
            const events = Array.from({ length: next - first }, (_, index) => event(first + index));
            return Promise.resolve({ bytes: Buffer.from(events.join("")), next });
          },
          close: () => void this.closed++,
        };
      },
    });
  };
}

async function scene(t: TestContext): Promise<{ history: FeedHistory; logs: Logs; journal: FeedJournal }> {
  const journal = await FeedJournal.open(join(await makeFolder(t), "feed"), new Map());
  t.after(() => journal.close());
  await journal.add([
    { buildId: A, first: 1, count: 2 },
    { buildId: B, first: 1, count: 5 },
    { buildId: A, first: 3, count: 7 },
    // Without 6 and 7.
    { buildId: B, first: 8, count: 2 },
  ]);
  const logs = new Logs();
  return { history: new FeedHistory(journal, logs.open), logs, journal };
}

describe("FeedHistory", () => {
  it("puts the feed together from the builds' logs, from every place on", async (t) => {
    const { history, logs, journal } = await scene(t);
    assert.deepEqual([history.start, history.end], [1, 17]);
    const order = [
      ...[1, 2].map((number) => `${A} ${number}`),
      ...[1, 2, 3, 4, 5].map((number) => `${B} ${number}`),
      ...[3, 4, 5, 6, 7, 8, 9].map((number) => `${A} ${number}`),
      ...[8, 9].map((number) => `${B} ${number}`),
    ];
    for (let sequence = 1; sequence <= 16; sequence++) {
      const reader = history.read(sequence);
      const { bytes, next } = await reader.next();
      reader.close();
      assert.equal(next, 17);
      const expected = order.slice(sequence - 1).map((data, index) => {
        return { type: "build", data, lastEventId: `${journal.epoch}-${sequence + index}` };
      });
      assert.deepEqual(new EventStreamDecoder().decode(bytes), expected);
    }
    // Each was closed at its end.
    assert.equal(logs.closed, logs.opened);
  });

  it("reads shared pieces for many clients", async (t) => {
    const { history, logs, journal } = await scene(t);
    await journal.add([{ buildId: "c".repeat(16), first: 1, count: 9 }]);
    const readers = [1, 1, 1, 1].map((sequence) => history.read(sequence));
    const pieces = await Promise.all(readers.map((reader) => reader.next()));
    for (const piece of pieces) assert.equal(piece, pieces[0]);
    assert.deepEqual([logs.opened, logs.closed], [3, 3]);
  });

  it("reports a gap in place of unreadable events, and sends the rest", async (t) => {
    const { history, journal, logs } = await scene(t);
    const broken = new FeedHistory(journal, (buildId) =>
      buildId === B ? Promise.reject(new Error("gone")) : logs.open(buildId),
    );
    const reader = broken.read(1);
    const events = [];
    for (let next = 1; next < broken.end;) {
      const piece = await reader.next();
      next = piece.next;
      events.push(...new EventStreamDecoder().decode(piece.bytes));
    }
    const { epoch } = journal;
    const gap = (last: number, missed: number): unknown => ({
      type: "gap",
      data: JSON.stringify({ lastEventId: `${epoch}-${last}`, reason: "evicted", missed }),
      lastEventId: `${epoch}-${last + missed}`,
    });
    const a = (number: number, sequence: number): unknown => ({
      type: "build",
      data: `${A} ${number}`,
      lastEventId: `${epoch}-${sequence}`,
    });
    const whole = [3, 4, 5, 6, 7, 8, 9].map((number, index) => a(number, 8 + index));
    assert.deepEqual(events, [a(1, 1), a(2, 2), gap(2, 5), ...whole, gap(14, 2)]);
    // And in the place of what it has forgotten.
    journal.ranges.forget(A);
    assert.equal(history.start, 15);
    const { bytes, next } = await history.read(3).next();
    assert.equal(next, 15);
    assert.deepEqual(new EventStreamDecoder().decode(bytes), [gap(2, 12)]);
  });

  it("closes every opened log and reader when a read fails", async (t) => {
    const { journal, logs } = await scene(t);
    let isClosed = false;
    const failing = new FeedHistory(journal, async (buildId) => {
      if (buildId === A) return logs.open(buildId);
      const reader = { next: () => Promise.reject(new Error("cannot read")), close: () => (isClosed = true) };
      return { ...(await logs.open(buildId)), read: () => reader };
    });
    await failing.read(1).next();
    assert.deepEqual([logs.opened, logs.closed, isClosed], [1, 1, true]);
  });
});
