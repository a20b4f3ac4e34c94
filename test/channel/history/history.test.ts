import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Channel } from "../../../dist/channel/channel.js";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import { FileHistory } from "../../../dist/channel/history/file-history.js";
import { EventClient, dechunk } from "../../support/http.js";
import { rawClient, startChannel, until } from "../../support/channel.js";
import type { TestContext } from "node:test";
import type { ChannelHistory, HistoryReader } from "../../../dist/channel/history/history.js";
import type { ChannelOptions } from "../../../dist/channel/options.js";

async function logPath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tailcast-history-"));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, "log");
}

/** A channel whose memory holds four events, in front of a file. */
async function startStored(
  t: TestContext,
  path: string,
  options: ChannelOptions = {},
): Promise<{ channel: Channel; port: number; history: FileHistory }> {
  const history = await FileHistory.open(path, "e");
  const started = await startChannel(t, { history, capacity: 4, backlog: "all", ...options });
  t.after(() => history.close());
  return { ...started, history };
}

/** A history that stores when it is told to. */
class HeldHistory implements ChannelHistory {
  readonly epoch = "e";
  readonly end = 1;
  readonly asked: string[] = [];
  readonly #held: { resolve: () => void; reject: (error: Error) => void }[] = [];

  append(pieces: readonly Buffer[], next: number): Promise<void> {
    this.asked.push(`${Buffer.concat(pieces).toString()}(${next})`);
    return new Promise((resolve, reject) => this.#held.push({ resolve, reject }));
  }

  read(): HistoryReader {
    return { next: () => Promise.reject(new Error("nothing to read")), close: () => undefined };
  }

  async release(error?: Error): Promise<void> {
    await until(() => this.#held.length > 0);
    const held = this.#held.shift();
    if (error === undefined) held?.resolve();
    else held?.reject(error);
  }
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

async function follow(port: number, count: number, lastEventId?: string): Promise<string[]> {
  const client = await EventClient.open(port, "/", lastEventId === undefined ? {} : { "last-event-id": lastEventId });
  const events = await client.until((all) => all.length >= count);
  client.close();
  return events.map(({ type, data }) => (type === "message" ? data : `${type} ${data}`));
}

describe("Channel with a history", () => {
  it("shows an event only after it was stored, and gathers what comes meanwhile", async (t) => {
    const history = new HeldHistory();
    const { channel, port } = await startChannel(t, { history });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.publish("a");
    await until(() => history.asked.length === 1);
    channel.publish("b");
    channel.publish("c");
    const stored = channel.flushed();
    await new Promise(setImmediate);
    assert.doesNotMatch(client.received, /data/);
    assert.deepEqual(history.asked, ["id: e-1\ndata: a\n\n(2)"]);
    await history.release();
    await client.until("data: a\n\n");
    await until(() => history.asked.length === 2);
    assert.equal(history.asked[1], "id: e-2\ndata: b\n\nid: e-3\ndata: c\n\n(4)");
    assert.doesNotMatch(client.received, /data: b/);
    await history.release();
    await client.until("data: c\n\n");
    await stored;
  });

  it("ends and closes only after everything was stored", async (t) => {
    const history = new HeldHistory();
    const { channel, port } = await startChannel(t, { history });
    const client = rawClient(t, port).get("/", ["Connection: close"]);
    await client.until("retry: 2000\n");
    channel.publish("a");
    channel.end();
    assert.throws(() => channel.publish("b"), { code: "CHANNEL_CLOSED" });
    const late = rawClient(t, port).get("/", ["Last-Event-ID: e-0", "Connection: close"]);
    await late.until("retry: 2000\n");
    await history.release();
    assert.match(await client.closed(), /data: a\n\n\r\n0\r\n\r\n$/);
    assert.match(await late.closed(), /data: a\n\n\r\n0\r\n\r\n$/);
  });

  it("does not write to all clients at once when that takes long, and gives each everything in the end", async (t) => {
    const { channel, port } = await startStored(t, await logPath(t));
    const clients = await Promise.all(Array.from({ length: 30 }, () => EventClient.open(port, "/")));
    let now = performance.now();
    // Every look at the clock takes a millisecond, and so does every client.
    t.mock.method(performance, "now", () => ++now);
    let most = 0;
    for (let sequence = 1; sequence <= 100; sequence++) {
      channel.publish(String(sequence));
      await channel.flushed();
      most = Math.max(most, channel.statistics.catchingUp);
    }
    assert.ok(most > 0);
    channel.end();
    for (const client of clients) {
      const events = await client.ended();
      assert.deepEqual(
        events.map(({ data }) => data),
        numbers(1, 100),
      );
    }
  });

  it("looks once at what several clients need at the same time", async (t) => {
    let looks = 0;
    const text = Array.from({ length: 8 }, (_, index) => `id: e-${index + 1}\ndata: ${index + 1}\n\n`).join("");
    const piece = {
      get bytes() {
        looks++;
        return Buffer.from(text);
      },
      next: 9,
    };
    const reader: HistoryReader = { next: () => Promise.resolve(piece), close: () => undefined };
    const history: ChannelHistory = { epoch: "e", end: 9, append: () => Promise.resolve(), read: () => reader };
    const { port } = await startChannel(t, { history, backlog: "all" });
    for (let client = 1; client <= 3; client++) assert.deepEqual(await follow(port, 8), numbers(1, 8));
    assert.equal(looks, 1);
  });

  it("goes on in memory when storing fails, and says so to whoever waits", async (t) => {
    const history = new HeldHistory();
    const { channel, port } = await startChannel(t, { history });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.publish("a");
    const stored = assert.rejects(channel.flushed(), /disk full/);
    await history.release(new Error("disk full"));
    await stored;
    channel.publish("b");
    await client.until("data: b\n\n");
    await assert.rejects(channel.flushed(), /disk full/);
    assert.equal(history.asked.length, 1);
  });

  it("closes at the deadline when that is never stored", async (t) => {
    const { channel, port } = await startChannel(t, { history: new HeldHistory() });
    const reading = channel.read({ backlog: "all" });
    const client = await EventClient.open(port, "/");
    channel.publish("a");
    const closed = channel.close({ deadline: 10 });
    assert.equal((await reading.next()).done, true);
    await closed;
    assert.deepEqual(await client.ended(), []);
    // Without a client, too.
    const alone = new Channel({ history: new HeldHistory() });
    alone.publish("a");
    await alone.close({ deadline: 10 });
  });

  it("closes when what was published last is stored", async () => {
    const history = new HeldHistory();
    const channel = new Channel({ history });
    channel.publish("a");
    const read = channel.read({ backlog: "all" });
    const first = read.next();
    let isClosed = false;
    const closed = channel.close().then(() => (isClosed = true));
    await new Promise(setImmediate);
    assert.equal(isClosed, false);
    await history.release();
    await closed;
    assert.equal(Buffer.from((await first).value ?? []).toString(), "id: e-1\ndata: a\n\n");
    assert.equal((await read.next()).done, true);
  });

  it("refuses ids of one's own, and another epoch than the history's", () => {
    const history = new HeldHistory();
    assert.throws(() => new Channel({ history }).publish({ id: "x", data: "" }), { code: "INVALID_EVENT" });
    assert.throws(() => new Channel({ history, epoch: "f" }), { code: "INVALID_OPTION" });
  });

  it("sends from the file what is no longer in memory, from every id on, and then what follows", async (t) => {
    const path = await logPath(t);
    const { channel, port } = await startStored(t, path);
    for (const number of numbers(1, 40)) channel.publish(number);
    await channel.flushed();
    assert.equal(channel.statistics.keptEvents, 4);
    for (let last = 0; last <= 40; last++) {
      const client = await EventClient.open(port, "/", { "last-event-id": `e-${last}` });
      if (last === 20) channel.publish("41");
      const events = await client.until((all) => all.length === (last >= 20 ? 41 : 40) - last);
      assert.deepEqual(
        events.map(({ data, lastEventId }) => [data, lastEventId]),
        numbers(last + 1, last >= 20 ? 41 : 40).map((number) => [number, `e-${number}`]),
      );
      client.close();
    }
    assert.equal(channel.statistics.gaps, 0);
  });

  it("holds the bytes that clients get, and goes on with them in a later life", async (t) => {
    const path = await logPath(t);
    const first = await startStored(t, path);
    for (const number of numbers(1, 9)) first.channel.publish({ event: "line", data: number });
    await first.channel.close();
    await first.history.close();
    const { channel, port } = await startStored(t, path);
    assert.equal(channel.publish({ event: "line", data: "10" }), "e-10");
    channel.end();
    const client = rawClient(t, port).get("/", ["Connection: close"]);
    const { content, isComplete } = dechunk((await client.closed()).split("\r\n\r\n").slice(1).join("\r\n\r\n"));
    assert.equal(isComplete, true);
    assert.equal(content, `retry: 2000\n${await readFile(path, "utf8")}`);
    const again = rawClient(t, port).get("/", ["Last-Event-ID: e-10", "Connection: close"]);
    assert.match(await again.closed(), /^HTTP\/1\.1 204/);
    const before = rawClient(t, port).get("/", ["Last-Event-ID: e-9", "Connection: close"]);
    assert.match(await before.closed(), /id: e-10\ndata: 10\n\n/);
  });

  it("tells a gap for an id that is none of the log's, and then everything", async (t) => {
    const { channel, port } = await startStored(t, await logPath(t));
    for (const number of numbers(1, 9)) channel.publish(number);
    await channel.flushed();
    assert.deepEqual(await follow(port, 10, "f-3"), [
      'gap {"lastEventId":"f-3","reason":"epoch","missed":null}',
      ...numbers(1, 9),
    ]);
    const client = await EventClient.open(port, "/", { "last-event-id": "e-77" });
    const [gap] = await client.until((all) => all.length === 10);
    assert.equal(gap?.lastEventId, "e-0", "who comes back with it gets everything");
    client.close();
  });

  it("never lets a slow client miss anything", async (t) => {
    const { channel, port } = await startStored(t, await logPath(t), { capacityBytes: 40_000 });
    const client = rawClient(t, port, { reads: false }).get("/", ["Connection: close"]);
    await until(() => channel.clientCount === 1);
    const filler = "x".repeat(10_000);
    for (let number = 1; number <= 1500; number++) {
      channel.publish(`${number} ${filler}`);
      if (number % 50 === 0) await channel.flushed();
    }
    channel.end();
    await channel.flushed();
    client.resume();
    const { content, isComplete } = dechunk((await client.closed()).split("\r\n\r\n").slice(1).join("\r\n\r\n"));
    assert.equal(isComplete, true);
    const seen = [...content.matchAll(/^data: (\d+)/gm)].map(([, number]) => number);
    assert.deepEqual(seen, numbers(1, 1500));
  });

  it("compresses what it reads", async (t) => {
    const path = await logPath(t);
    const { channel, port } = await startStored(t, path, { compress: true });
    for (const number of numbers(1, 5000)) channel.publish(number);
    channel.end();
    await channel.flushed();
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(response.headers.get("content-encoding"), "gzip");
    assert.equal(await response.text(), `retry: 2000\n${await readFile(path, "utf8")}`);
  });

  it("is read by consumers in the same process, too", async (t) => {
    const path = await logPath(t);
    const { channel } = await startStored(t, path);
    for (const number of numbers(1, 3000)) channel.publish(number);
    await channel.flushed();
    const pieces: Uint8Array[] = [];
    const reading = (async () => {
      for await (const piece of channel.read({ lastEventId: "e-10" })) pieces.push(piece);
    })();
    channel.publish("3001");
    channel.end();
    await reading;
    const file = await readFile(path, "utf8");
    assert.equal(Buffer.concat(pieces).toString(), file.slice(file.indexOf("id: e-11\n")));
    for await (const piece of channel.read({ backlog: "all" })) {
      assert.ok(file.startsWith(Buffer.from(piece).toString()));
      break;
    }
  });

  it("tells a gap where the file cannot be read, and goes on with what is in memory", async (t) => {
    const path = await logPath(t);
    const { channel, port } = await startStored(t, path);
    for (const number of numbers(1, 9)) channel.publish(number);
    await channel.flushed();
    await rm(path);
    assert.deepEqual(await follow(port, 5), [
      'gap {"lastEventId":"e-0","reason":"evicted","missed":5}',
      ...numbers(6, 9),
    ]);
    channel.end();
    const decoder = new EventStreamDecoder();
    const read = [];
    for await (const piece of channel.read({ backlog: "all" })) read.push(...decoder.decode(piece));
    assert.deepEqual(
      read.map(({ type, lastEventId }) => [type, lastEventId]),
      [["gap", "e-5"], ...numbers(6, 9).map((number) => ["message", `e-${number}`])],
    );
  });

  it("forgets clients that leave while it reads for them", async (t) => {
    const { channel, port } = await startStored(t, await logPath(t), { capacityBytes: 20_000 });
    for (let number = 1; number <= 3000; number++) channel.publish(`${number} ${"x".repeat(2000)}`);
    await channel.flushed();
    for (let round = 0; round < 20; round++) {
      const client = rawClient(t, port).get("/");
      await client.until("retry: 2000\n");
      if (round % 2 === 0) await client.until("data: 3 ");
      client.socket.destroy();
      await once(client.socket, "close");
    }
    await until(() => channel.clientCount === 0);
    assert.deepEqual([channel.statistics.catchingUp, channel.statistics.closed.left], [0, 20]);
  });
});

describe("Channel with a history that others fill", () => {
  /** Events that are just there, each with its own id. */
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

    /** Has more events. */
    grow(count: number): number {
      this.end += count;
      return count;
    }
  }

  it("sends clients what it skipped, those who come later and those who are here", async (t) => {
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
    for await (const piece of channel.read({ lastEventId: "e-9" })) read.push(...new EventStreamDecoder().decode(piece));
    assert.deepEqual(
      read.map(({ data }) => data),
      ["10", "11", "12"],
    );
  });

  it("tells a gap for what is no longer in it, and goes on with the oldest that is", async (t) => {
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
    // Forgotten while somebody reads.
    history.start = 8;
    const read = [];
    for await (const piece of reader) read.push(...new EventStreamDecoder().decode(piece));
    assert.deepEqual(datas(read), ['{"lastEventId":"e-5","reason":"evicted","missed":2}', "8", "9"]);
  });

  it("skips nothing without one", () => {
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
