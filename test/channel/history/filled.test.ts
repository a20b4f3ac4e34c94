import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import { startChannel } from "../../support/channel.js";
import { EventClient } from "../../support/http.js";
import { HeldHistory, numbers } from "./histories.js";
import type { ChannelHistory, HistoryReader } from "../../../dist/channel/history/history.js";

describe("Channel with a history that the application fills", () => {
  /** Events that exist already, each with its own id. */
  class Filled implements ChannelHistory {
    readonly epoch = "e";
    start = 1;
    end = 1;

    read(sequence: number): HistoryReader {
      let next = sequence;
      return {
        next: () => {
          if (next < this.start) return Promise.reject(new Error("gone"));
          const bytes = Buffer.from(`id: e-${next}\ndata: ${next}\n\n`);
          return Promise.resolve({ bytes, next: ++next });
        },
        close: () => undefined,
      };
    }

    /** Adds events. */
    grow(count: number): number {
      this.end += count;
      return count;
    }
  }

  it("sends skipped events to connected clients and to later ones", async (t) => {
    const history = new Filled();
    history.grow(4);
    const { channel, port } = await startChannel(t, { history, capacity: 3 });
    const here = await EventClient.open(port, "/");
    channel.skip(history.grow(2));
    channel.publish(String(history.grow(1) + 6));
    channel.publish(String(history.grow(1) + 7));
    channel.skip(history.grow(3));
    const back = await EventClient.open(port, "/", { "Last-Event-ID": "e-2" });
    channel.publish(String(history.grow(1) + 11));
    assert.equal(channel.statistics.published, 8);
    channel.end();
    const datas = (client: EventClient): Promise<string[]> =>
      client.ended().then((events) => events.map(({ data, lastEventId }) => `${lastEventId}:${data}`));
    const all = numbers(1, 12).map((number) => `e-${number}:${number}`);
    assert.deepEqual(await datas(here), all.slice(4));
    assert.deepEqual(await datas(back), all.slice(2));
    const read = [];
    const rest = channel.read({ lastEventId: "e-9" });
    for await (const piece of rest) read.push(...new EventStreamDecoder().decode(piece));
    assert.deepEqual(
      read.map(({ data }) => data),
      ["10", "11", "12"],
    );
  });

  it("reports a gap for events that are no longer in it, and continues with the oldest that is", async (t) => {
    const history = new Filled();
    history.grow(9);
    history.start = 4;
    const { channel, port } = await startChannel(t, { history });
    const evicted = await EventClient.open(port, "/", { "Last-Event-ID": "e-1" });
    const fresh = await EventClient.open(port, "/", { "Last-Event-ID": "e-3" });
    channel.end();
    const datas = (events: readonly { type: string; data: string }[]): string[] => events.map(({ data }) => data);
    assert.deepEqual(datas(await evicted.ended()), [
      '{"lastEventId":"e-1","reason":"evicted","missed":2}',
      ...numbers(4, 9),
    ]);
    assert.deepEqual(datas(await fresh.ended()), numbers(4, 9));
    const reader = channel.read({ lastEventId: "e-4" });
    await reader.next();
    // The history forgets events while the reader reads.
    history.start = 8;
    const read = [];
    for await (const piece of reader) read.push(...new EventStreamDecoder().decode(piece));
    assert.deepEqual(datas(read), ['{"lastEventId":"e-5","reason":"evicted","missed":2}', "8", "9"]);
  });

  it("refuses to skip events without one", () => {
    const code = "INVALID_OPTION";
    assert.throws(() => new Channel().skip(1), { code });
    assert.throws(() => new Channel({ history: new HeldHistory() }).skip(1), { code });
    const channel = new Channel({ history: new Filled() });
    assert.throws(() => channel.skip(0), { code });
    assert.throws(() => channel.skip(1.5), { code });
    channel.end();
    assert.throws(() => channel.skip(1), { code: "CHANNEL_CLOSED" });
  });
});
