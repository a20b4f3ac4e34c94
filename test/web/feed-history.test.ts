import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import { FeedHistory } from "../../dist/web/feed-history.js";
import { FeedJournal } from "../../dist/web/feed-journal.js";
import { makeFolder } from "../build/folders.js";
import type { TestContext } from "node:test";
import type { ChannelHistory } from "../../dist/channel/history.js";

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
  const journal = await FeedJournal.open(join(await makeFolder(t), "feed"), () => Promise.resolve(true));
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

  it("reads nothing more when its reader has left, whenever that is", async (t) => {
    const { history, logs } = await scene(t);
    for (let moment = 0; moment < 40; moment++) {
      const reader = history.read(1);
      const piece = reader.next().catch((error: unknown) => error);
      for (let turn = 0; turn < moment; turn++) await undefined;
      reader.close();
      await piece;
      assert.equal(logs.closed, logs.opened, `after ${moment} turns`);
    }
    assert.ok(logs.opened > 20);
  });

  it("fails where the feed has forgotten, or a log is gone", async (t) => {
    const { history, journal } = await scene(t);
    const reader = history.read(1);
    journal.ranges.forget(B);
    assert.equal(history.start, 17);
    await assert.rejects(reader.next(), { message: "The feed has no event 1 any more" });
    await journal.add([{ buildId: A, first: 10, count: 1 }]);
    const gone = new FeedHistory(journal, () => Promise.reject(new Error("gone")));
    await assert.rejects(gone.read(17).next(), { message: "gone" });
  });
});
