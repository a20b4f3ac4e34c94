import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { describe, it } from "node:test";
import { EventStreamDecoder } from "../../../dist/protocol/decode.js";
import { rawClient, startChannel, until } from "../../support/channel.js";
import { EventClient, dechunk } from "../../support/http.js";
import { follow, logPath, numbers, startStored } from "./histories.js";
import type { ChannelHistory } from "../../../dist/channel/history/history.js";

function thrower(error: Error): () => void {
  return () => {
    throw error;
  };
}

describe("Channel with a history: reading", () => {
  it("divides long writes to many clients into turns, and every client gets all events", async (t) => {
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

  it("sends events that are no longer in memory from the file, after every id, and then the newer ones", async (t) => {
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

  it("holds the bytes that clients get, and continues with them in a later life", async (t) => {
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

  it("reports a gap for an id of another log, and then sends everything", async (t) => {
    const { channel, port } = await startStored(t, await logPath(t));
    for (const number of numbers(1, 9)) channel.publish(number);
    await channel.flushed();
    assert.deepEqual(await follow(port, 10, "f-3"), [
      'gap {"lastEventId":"f-3","reason":"epoch","missed":null}',
      ...numbers(1, 9),
    ]);
    const client = await EventClient.open(port, "/", { "last-event-id": "e-77" });
    const [gap] = await client.until((all) => all.length === 10);
    assert.equal(gap?.lastEventId, "e-0", "a client that reconnects with it gets everything");
    client.close();
  });

  it("never lets a slow client miss an event", async (t) => {
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

  it("compresses the events that it reads", async (t) => {
    const path = await logPath(t);
    const { channel, port } = await startStored(t, path, { compress: true });
    for (const number of numbers(1, 5000)) channel.publish(number);
    channel.end();
    await channel.flushed();
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { "Accept-Encoding": "gzip" } });
    assert.equal(response.headers.get("content-encoding"), "gzip");
    assert.equal(await response.text(), `retry: 2000\n${await readFile(path, "utf8")}`);
  });

  it("is read by consumers in the same process as well", async (t) => {
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

  it("reports a gap where the file cannot be read, and continues with the events in memory", async (t) => {
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

  it("reports a gap where the history throws instead of opening a reader", async (t) => {
    const failure = new Error("the store is away");
    const history: ChannelHistory = {
      epoch: "e",
      end: 1,
      append: () => Promise.resolve(),
      read: () => {
        throw failure;
      },
    };
    const { channel, port } = await startChannel(t, { history, capacity: 4, backlog: "all" });
    for (const number of numbers(1, 9)) channel.publish(number);
    await channel.flushed();
    assert.deepEqual(await follow(port, 5), [
      'gap {"lastEventId":"e-0","reason":"evicted","missed":5}',
      ...numbers(6, 9),
    ]);
    assert.equal(channel.statistics.historyFailures, 1);
    channel.end();
    let text = "";
    for await (const piece of channel.read({ lastEventId: "e-2" })) text += Buffer.from(piece).toString();
    const events = numbers(6, 9).map((number) => `id: e-${number}\ndata: ${number}\n\n`);
    const gap = 'event: gap\nid: e-5\ndata: {"lastEventId":"e-2","reason":"evicted","missed":3}\n\n';
    assert.equal(text, gap + events.join(""));
    assert.equal(channel.statistics.historyFailures, 2);
  });

  for (const [how, close] of [
    ["throws", thrower(new Error("already closed"))],
    ["rejects", () => Promise.reject(new Error("already closed"))],
  ] as const) {
    it(`continues when the close of a reader ${how}, and counts that`, async (t) => {
      const bytes = Buffer.from(numbers(1, 5).map((number) => `id: e-${number}\ndata: ${number}\n\n`).join(""));
      const history: ChannelHistory = {
        epoch: "e",
        end: 6,
        append: () => Promise.resolve(),
        read: () => ({ next: () => Promise.resolve({ bytes, next: 6 }), close }),
      };
      const { channel, port } = await startChannel(t, { history, backlog: "all" });
      assert.deepEqual(await follow(port, 5), numbers(1, 5));
      await until(() => channel.clientCount === 0 && channel.statistics.historyFailures === 1);
      const pieces: Uint8Array[] = [];
      for await (const piece of channel.read({ lastEventId: "e-0", until: "now" })) pieces.push(piece);
      assert.deepEqual(Buffer.concat(pieces), bytes);
      await until(() => channel.statistics.historyFailures === 2);
      await channel.close();
    });
  }

  it("removes clients that leave while it reads for them", async (t) => {
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
