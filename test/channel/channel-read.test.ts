import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import type { ChannelHistory } from "../../dist/channel/history/history.js";
import type { ChannelOptions, ReadOptions } from "../../dist/channel/options.js";

describe("Channel.read()", () => {
  async function collect(channel: Channel, lastEventId?: string, signal?: AbortSignal): Promise<string> {
    let text = "";
    const bytes = channel.read({ lastEventId, signal, backlog: "all" });
    for await (const piece of bytes) text += Buffer.from(piece).toString();
    return text;
  }

  it("reads the whole log, follows it, and ends with it", async () => {
    const channel = new Channel({ uniqueEpoch: "e" });
    channel.publish("a");
    const whole = collect(channel);
    const rest = collect(channel, "e-1");
    await new Promise(setImmediate);
    channel.publish("b");
    await new Promise(setImmediate);
    channel.publish("c");
    channel.end();
    assert.equal(await whole, "id: e-1\ndata: a\n\nid: e-2\ndata: b\n\nid: e-3\ndata: c\n\n");
    assert.equal(await rest, "id: e-2\ndata: b\n\nid: e-3\ndata: c\n\n");
  });

  it("reports gaps: at the start, and when its consumer is too slow", async () => {
    const channel = new Channel({ uniqueEpoch: "e", capacity: 2 });
    for (const line of ["a", "b", "c"]) channel.publish(line);
    const reader = channel.read({ backlog: "all" });
    const next = async (): Promise<string> => Buffer.from((await reader.next()).value as Uint8Array).toString();
    assert.equal(await next(), 'event: gap\nid: e-1\ndata: {"lastEventId":"","reason":"evicted","missed":1}\n\n');
    assert.equal(await next(), "id: e-2\ndata: b\n\n");
    for (const line of ["d", "e", "f"]) {
      channel.publish(line);
      await new Promise(setImmediate);
    }
    assert.equal(await next(), 'event: gap\nid: e-4\ndata: {"lastEventId":"e-2","reason":"lagged","missed":2}\n\n');
    assert.equal(await next(), "id: e-5\ndata: e\n\n");
    assert.equal(await next(), "id: e-6\ndata: f\n\n");
    await channel.close();
    assert.equal((await reader.next()).done, true);
  });

  it("stops when its consumer leaves, waiting or not", async () => {
    const channel = new Channel();
    const waiting = channel.read({ backlog: "all" });
    const next = waiting.next();
    await new Promise(setImmediate);
    assert.deepEqual(await waiting.return(), { done: true, value: undefined });
    assert.equal((await next).done, true);
    channel.publish("a");
    for await (const bytes of channel.read({ backlog: "all" })) {
      assert.ok(bytes.length > 0);
      break;
    }
  });

  it("stops when its signal is aborted, waiting or not", async () => {
    const channel = new Channel();
    const abort = new AbortController();
    const waiting = collect(channel, "", abort.signal);
    await new Promise(setImmediate);
    abort.abort();
    assert.equal(await waiting, "");
    assert.equal(await collect(channel, "", abort.signal), "");
  });

  it("accepts the signal of a polyfill or another realm, and leaves no listener on it", async () => {
    const channel = new Channel();
    const target = new EventTarget();
    const listeners = new Set<string>();
    const signal = {
      aborted: false,
      addEventListener(type: string, listener: () => void): void {
        listeners.add(type);
        target.addEventListener(type, listener);
      },
      removeEventListener(type: string, listener: () => void): void {
        listeners.delete(type);
        target.removeEventListener(type, listener);
      },
    } as unknown as AbortSignal;
    const waiting = collect(channel, "", signal);
    await new Promise(setImmediate);
    assert.deepEqual([...listeners], ["abort"]);
    channel.publish("a");
    await new Promise(setImmediate);
    target.dispatchEvent(new Event("abort"));
    assert.match(await waiting, /^id: .*\ndata: a\n\n$/);
    assert.deepEqual([...listeners], []);
  });

  /** The events that `read` yields up to now: the data of each, or the id and reason of a gap. */
  async function readNow(channel: Channel, options: ReadOptions = {}): Promise<string[]> {
    const events: string[] = [];
    const decoder = new EventStreamDecoder();
    for await (const bytes of channel.read({ ...options, until: "now" })) {
      for (const { lastEventId, type, data } of decoder.decode(bytes)) {
        events.push(type === "gap" ? `${lastEventId} ${(JSON.parse(data) as { reason: string }).reason}` : data);
      }
    }
    return events;
  }

  function withEvents(options: ChannelOptions = {}): Channel {
    const channel = new Channel({ uniqueEpoch: "e", ...options });
    for (const data of ["1", "2", "3", "4", "5"]) channel.publish(data);
    return channel;
  }

  const starts: readonly (readonly [string, ChannelOptions, ReadOptions, readonly string[]])[] = [
    ["starts as a client without an id: with nothing", {}, {}, []],
    ["starts with the channel's backlog", { backlog: 2 }, {}, ["4", "5"]],
    ["starts with a backlog of its own", { backlog: 2 }, { backlog: 3 }, ["3", "4", "5"]],
    ["starts at the beginning", {}, { backlog: "all" }, ["1", "2", "3", "4", "5"]],
    ["reports that the beginning is gone", { capacity: 2 }, { backlog: "all" }, ["e-3 evicted", "4", "5"]],
    ["resumes", {}, { lastEventId: "e-3" }, ["4", "5"]],
    ["resumes at the end", {}, { lastEventId: "e-5" }, []],
    ["reports evicted events", { capacity: 2 }, { lastEventId: "e-1" }, ["e-3 evicted", "4", "5"]],
    ["reports an id of another log", {}, { lastEventId: "f-1" }, ["e-0 epoch", "1", "2", "3", "4", "5"]],
    ["reports an id of the future", {}, { lastEventId: "e-9" }, ["e-0 unknown", "1", "2", "3", "4", "5"]],
  ];
  for (const [title, options, readOptions, expected] of starts) {
    it(`${title}, up to now, of a log that is open, ended or closed`, async () => {
      const channel = withEvents(options);
      assert.deepEqual(await readNow(channel, readOptions), expected);
      channel.end();
      assert.deepEqual(await readNow(channel, readOptions), expected);
      await channel.close();
      assert.deepEqual(await readNow(channel, readOptions), expected);
    });
  }

  it("starts when it is called, not when its consumer asks for the first piece", async () => {
    const channel = withEvents();
    const reader = channel.read();
    channel.publish("6");
    channel.end();
    assert.equal(Buffer.from((await reader.next()).value ?? []).toString(), "id: e-6\ndata: 6\n\n");
    assert.equal((await reader.next()).done, true);
  });

  it("waits, up to now, for what the history has not stored yet", async () => {
    let store: () => void = () => undefined;
    const history: ChannelHistory = {
      epoch: "e",
      end: 1,
      append: () => new Promise<void>((resolve) => (store = resolve)),
      read: () => ({ next: () => Promise.reject(new Error("nothing to read")), close: () => undefined }),
    };
    const channel = new Channel({ history });
    channel.publish("1");
    const reading = readNow(channel, { backlog: "all" });
    store();
    assert.deepEqual(await reading, ["1"]);
    await channel.close();
  });

  it("refuses bad options", () => {
    const channel = new Channel();
    const bad = [{ until: "later" }, { backlog: -1 }, { lastEventId: 5 }, { signal: 5 }, { signal: {} }, "e-1"];
    for (const options of bad) {
      assert.throws(() => channel.read(options as never), { code: "INVALID_OPTION" });
    }
  });
});
