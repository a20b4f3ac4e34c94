import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Channel } from "../../dist/channel/channel.js";
import { bufferBytes, rawClient, startChannel, until } from "../support/channel.js";
import { EventClient, ask, dechunk } from "../support/http.js";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

const HEAD = [
  "HTTP/1.1 200 OK",
  "Content-Type: text/event-stream",
  "Cache-Control: no-store, no-transform",
  "X-Accel-Buffering: no",
].join("\r\n");

const data = (events: readonly DecodedEvent[]): string[] => events.map((event) => event.data);

describe("Channel.handle()", () => {
  it("opens a stream at once: head, then the reconnection time", async (t) => {
    const { port } = await startChannel(t);
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n\r\n");
    assert.equal(
      client.head.replace(/\r\nKeep-Alive: [^\r]*/, ""),
      `${HEAD}\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked`,
    );
    assert.equal(client.body, "c\r\nretry: 2000\n\r\n");
  });

  it("writes what is published as the standard's blocks", async (t) => {
    const { channel, port } = await startChannel(t, { retry: 50 });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until("retry: 50\n");
    assert.equal(channel.publish("plain"), "e-1");
    assert.equal(channel.publish({ data: "two\nlines", event: "push" }), "e-2");
    assert.equal(channel.publish({ data: "own", id: "order-7" }), "order-7");
    await client.until("order-7\ndata: own\n\n");
    assert.equal(
      client.body,
      "retry: 50\n" +
        "id: e-1\ndata: plain\n\n" +
        "event: push\nid: e-2\ndata: two\ndata: lines\n\n" +
        "id: order-7\ndata: own\n\n",
    );
    assert.equal(client.head, `${HEAD}\r\nConnection: close`, "HTTP/1.0 has no chunks: the end is the close");
  });

  it("sends the events of one turn as one chunk", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n\r\n");
    channel.publish("a");
    channel.publish("b");
    await client.until("data: b\n\n\r\n");
    assert.equal(client.body, "c\r\nretry: 2000\n\r\n22\r\nid: e-1\ndata: a\n\nid: e-2\ndata: b\n\n\r\n");
  });

  it("sends a comment first when no reconnection time is told", async (t) => {
    const { port } = await startChannel(t, { retry: null });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until("\r\n\r\n:\n");
    assert.equal(client.body, ":\n");
  });

  it("pads the beginning for polyfills that ask for it", async (t) => {
    const { port } = await startChannel(t);
    const client = rawClient(t, port).get("/?padding=true", [], "1.0");
    await client.until("retry: 2000\n");
    assert.equal(client.body, `: ${" ".repeat(2048)}\nretry: 2000\n`);
  });

  it("keeps headers that were set before", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      response.setHeader("X-Own", "1");
      channel.handle(request, response);
    });
    const client = await EventClient.open(port, "/");
    assert.equal(client.headers["x-own"], "1");
    client.close();
  });

  it("answers HEAD with the head of the stream, and keeps no client", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port).send("HEAD / HTTP/1.1", "Host: localhost", "Connection: close");
    await client.closed();
    assert.equal(client.head, `${HEAD}\r\nConnection: close`);
    assert.equal(client.body, "");
    assert.equal(channel.clientCount, 0);
  });

  for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
    it(`refuses ${method} with 405 and Allow`, async (t) => {
      const { port } = await startChannel(t);
      const client = rawClient(t, port).send(`${method} / HTTP/1.1`, "Host: localhost", "Connection: close");
      await client.closed();
      assert.match(client.head, /^HTTP\/1\.1 405 /);
      assert.match(client.head, /\r\nAllow: GET, HEAD\r\n/);
      assert.deepEqual(JSON.parse(client.body), {
        error: { code: "METHOD_NOT_ALLOWED", message: `Cannot ${method} an event stream: use GET` },
      });
    });
  }

  it("refuses with 406 who does not take the format", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port).get("/", ["Accept: application/json", "Connection: close"]);
    await client.closed();
    assert.match(client.head, /^HTTP\/1\.1 406 /);
    assert.equal((JSON.parse(client.body) as { error: { code: string } }).error.code, "NOT_ACCEPTABLE");
    assert.equal(channel.clientCount, 0);
  });

  it("goes through response.write when somebody replaced it", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      const write = response.write.bind(response) as (bytes: Buffer) => boolean;
      response.write = ((bytes: Buffer) => write(Buffer.from(bytes.toString().toUpperCase()))) as typeof response.write;
      channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/");
    await client.until("RETRY: 2000\n");
    channel.publish("x");
    await client.until("DATA: X\n\n");
    assert.equal(dechunk(client.body).content, "RETRY: 2000\nID: E-1\nDATA: X\n\n");
  });

  it("leaves alone a response whose client has gone already", async (t) => {
    let arrive = (): void => {};
    let finish = (answer: unknown): void => void answer;
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const answered = new Promise<unknown>((resolve) => (finish = resolve));
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      response.once("close", () => finish(channel.handle(request, response)));
      arrive();
    });
    const client = rawClient(t, port).get("/");
    await arrived;
    client.socket.destroy();
    assert.equal(await answered, undefined);
    assert.equal(channel.clientCount, 0);
  });

  it("throws on a response that was begun already, and takes no place", async (t) => {
    let thrown: unknown;
    const { channel, port } = await startChannel(t, { maxClients: 1 }, (request, response) => {
      response.write("begun");
      assert.throws(
        () => channel.handle(request, response),
        (error) => ((thrown = error), true),
      );
      response.end();
    });
    await rawClient(t, port).get("/", ["Connection: close"]).closed();
    assert.equal((thrown as { code: string }).code, "HEADERS_SENT");
    assert.equal(channel.clientCount, 0);
  });

  it("refuses a pipelined stream that could never begin", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = rawClient(t, port).get("/").get("/");
    await client.until("retry: 2000\n");
    assert.equal(channel.clientCount, 1);
    assert.equal(channel.statistics.refused, 1);
  });
});

describe("Channel: the delivery promise", () => {
  const lines = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
  const publish = (channel: Channel, from: number, to: number): void => {
    for (const line of lines(from, to)) channel.publish(line);
  };

  it("gives a fresh client what is published from then on, to the event", async (t) => {
    const { channel, port } = await startChannel(t);
    publish(channel, 1, 3);
    const client = await EventClient.open(port, "/");
    publish(channel, 4, 5);
    assert.deepEqual(data(await client.until((events) => events.length === 2)), lines(4, 5));
    client.close();
  });

  for (const [backlog, expected] of [
    ["all", lines(1, 6)],
    [2, lines(5, 6)],
    [100, lines(1, 6)],
  ] as const) {
    it(`gives a fresh client the backlog ${backlog}`, async (t) => {
      const { channel, port } = await startChannel(t, { backlog });
      publish(channel, 1, 6);
      const client = await EventClient.open(port, "/");
      publish(channel, 7, 7);
      assert.deepEqual(data(await client.until((events) => events.some((event) => event.data === "line 7"))), [
        ...expected,
        "line 7",
      ]);
      client.close();
    });
  }

  it("tells a fresh client that wants everything when the beginning is gone, and counts it so", async (t) => {
    const { channel, port } = await startChannel(t, { backlog: "all", capacity: 2 });
    publish(channel, 1, 5);
    const client = await EventClient.open(port, "/");
    const events = await client.until((all) => all.length === 3);
    assert.deepEqual(events, [
      { type: "gap", data: '{"lastEventId":"","reason":"evicted","missed":3}', lastEventId: "e-3" },
      { type: "message", data: "line 4", lastEventId: "e-4" },
      { type: "message", data: "line 5", lastEventId: "e-5" },
    ]);
    client.close();
    assert.deepEqual(channel.statistics.accepted, { fresh: 0, resumed: 0, gap: 1 });
  });

  it("resumes after every single event, by header and by query, contiguous into what is live", async (t) => {
    const { channel, port } = await startChannel(t);
    publish(channel, 1, 10);
    for (let seen = 0; seen <= 10; seen++) {
      const byHeader = await EventClient.open(port, "/", { "Last-Event-ID": `e-${seen}` });
      const byQuery = await EventClient.open(port, `/?lastEventId=e-${seen}`);
      const live = channel.publish("live");
      for (const client of [byHeader, byQuery]) {
        const events = await client.until((all) => all.some((event) => event.lastEventId === live));
        const expected = Array.from({ length: 10 + seen + 1 - seen }, (_, index) => `e-${seen + 1 + index}`);
        assert.deepEqual(
          events.map((event) => event.lastEventId),
          expected,
        );
        client.close();
      }
    }
    assert.deepEqual(channel.statistics.accepted, { fresh: 0, resumed: 22, gap: 0 });
  });

  it("resumes across segments of any size", async (t) => {
    const { channel, port } = await startChannel(t);
    let sequence = 0;
    for (let turn = 1; turn <= 12; turn++) {
      for (let index = 0; index < turn % 5; index++) channel.publish(`${++sequence}`);
      await new Promise(setImmediate);
    }
    for (let seen = 0; seen < sequence; seen++) {
      const client = await EventClient.open(port, "/", { "Last-Event-ID": `e-${seen}` });
      const events = await client.until((all) => all.at(-1)?.data === String(sequence));
      assert.deepEqual(
        data(events),
        Array.from({ length: sequence - seen }, (_, index) => String(seen + 1 + index)),
      );
      client.close();
    }
  });

  it("resumes after an id of the application", async (t) => {
    const { channel, port } = await startChannel(t);
    for (const id of ["größe 1", "größe 2", "größe 3"]) channel.publish({ data: id, id });
    const latin1 = Buffer.from("größe 2").toString("latin1");
    const client = await EventClient.open(port, "/", { "Last-Event-ID": latin1 });
    assert.deepEqual(data(await client.until((events) => events.length === 1)), ["größe 3"]);
    client.close();
  });

  const gaps: readonly (readonly [string, string, string, number | null])[] = [
    ["is too old", "e-3", "evicted", 2],
    ["is of another log", "before-3", "epoch", null],
    ["was never given", "e-99", "unknown", null],
    ["is no id of ours", "hello", "unknown", null],
  ];
  for (const [what, lastEventId, reason, missed] of gaps) {
    it(`tells a gap when the id ${what}, then gives everything that is kept`, async (t) => {
      const { channel, port } = await startChannel(t, { capacity: 3 });
      publish(channel, 1, 8);
      const client = await EventClient.open(port, "/", { "Last-Event-ID": lastEventId });
      const events = await client.until((all) => all.length === 4);
      assert.deepEqual(events, [
        { type: "gap", data: JSON.stringify({ lastEventId, reason, missed }), lastEventId: "e-5" },
        ...[6, 7, 8].map((n) => ({ type: "message", data: `line ${n}`, lastEventId: `e-${n}` })),
      ]);
      client.close();
      // The gap's own id is one to resume from: its client is told of no second gap.
      const again = await EventClient.open(port, "/", { "Last-Event-ID": "e-5" });
      assert.deepEqual(data(await again.until((all) => all.length === 3)), lines(6, 8));
      again.close();
      assert.deepEqual(channel.statistics.accepted, { fresh: 0, resumed: 1, gap: 1 });
    });
  }

  it("tells a gap on an empty log, and rebases to its beginning", async (t) => {
    const { channel, port } = await startChannel(t);
    const client = await EventClient.open(port, "/", { "Last-Event-ID": "old-1" });
    publish(channel, 1, 1);
    const events = await client.until((all) => all.length === 2);
    assert.deepEqual(
      events.map((event) => event.lastEventId),
      ["e-0", "e-1"],
    );
    client.close();
  });

  it("loses nothing for a client that keeps up when one turn publishes far more than is kept", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 10 });
    const client = await EventClient.open(port, "/");
    publish(channel, 1, 500);
    assert.deepEqual(data(await client.until((events) => events.length >= 500)), lines(1, 500));
    assert.equal(channel.statistics.keptEvents, 10);
    client.close();
  });

  it("refuses ill events and goes on", async (t) => {
    const { channel, port } = await startChannel(t, { capacityBytes: 200 });
    const client = await EventClient.open(port, "/");
    assert.throws(() => channel.publish({ data: "x", event: "a\nb" }), { code: "INVALID_EVENT" });
    assert.throws(() => channel.publish("x".repeat(300)), { code: "EVENT_TOO_LARGE" });
    assert.throws(() => channel.publish(undefined as never));
    assert.equal(channel.publish("good"), "e-1");
    assert.deepEqual(data(await client.until((events) => events.length > 0)), ["good"]);
    client.close();
  });
});

describe("Channel: clients that read slowly", () => {
  it("costs a client that never reads no more than its cursor", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 100_000, capacityBytes: 4 * 1024 * 1024 });
    const sleeper = rawClient(t, port, { reads: false }).get("/");
    const reader = await EventClient.open(port, "/");
    await until(() => channel.clientCount === 2);

    const line = "x".repeat(10_000);
    const before = await bufferBytes();
    const total = 10_000;
    for (let index = 1; index <= total; index++) {
      channel.publish(`${index} ${line}`);
      // As a build does: some output in every turn. The reader is in this process and must get its turns.
      if (index % 20 === 0) await reader.until((events) => events.length >= index);
    }
    await reader.until((events) => events.length === total);
    const growth = (await bufferBytes()) - before;
    assert.ok(growth < 8 * 1024 * 1024, `100 MB were published, 4 MB are kept, and ${growth} bytes of Buffers stayed`);
    assert.equal(reader.events.filter((event) => event.type === "gap").length, 0);
    assert.equal(channel.clientCount, 2);

    // Now it reads: what the sockets held, one gap, and the rest without a hole up to the end.
    sleeper.resume();
    sleeper.socket.resume();
    channel.publish("last");
    await sleeper.until("data: last\n\n");
    const { content } = dechunk(sleeper.body);
    const gap = /event: gap\nid: e-(\d+)\ndata: (.*)\n\n/.exec(content);
    assert.ok(gap !== null);
    const sequences = [...content.matchAll(/^id: e-(\d+)$/gm)].map((match) => Number(match[1]));
    const { lastEventId, reason, missed } = JSON.parse(gap[2] ?? "") as Record<string, unknown>;
    assert.equal(reason, "lagged");
    const rebased = Number(gap[1]);
    assert.equal(lastEventId, `e-${rebased - Number(missed)}`);
    const place = sequences.indexOf(rebased);
    assert.deepEqual(
      sequences.slice(0, place),
      Array.from({ length: rebased - Number(missed) }, (_, index) => index + 1),
    );
    assert.deepEqual(
      sequences.slice(place + 1),
      Array.from({ length: total + 1 - rebased }, (_, index) => rebased + 1 + index),
    );
  });

  it("costs clients that come back into the middle of a large turn and never read no copies", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 100_000, capacityBytes: 8 * 1024 * 1024 });
    for (let index = 0; index < 40; index++) channel.publish("x".repeat(100_000));
    for (let index = 0; index < 30_000; index++) channel.publish(`line ${index}`);
    const before = await bufferBytes();
    const count = 60;
    for (let index = 0; index < count; index++) {
      rawClient(t, port, { reads: false }).get("/", [`Last-Event-ID: e-${index % 2 === 0 ? index : 40 + index * 100}`]);
    }
    await until(() => channel.clientCount === count);
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    const growth = (await bufferBytes()) - before;
    assert.ok(growth < count * 80 * 1024, `${growth} bytes for ${count} clients that take nothing`);
  });

  it("does not take a client that reads slowly but steadily for a stalled one", async (t) => {
    const size = 20_000_000;
    const { channel, port } = await startChannel(t, { stallTimeout: 1000, backlog: "all", capacityBytes: 2 * size });
    channel.publish("x".repeat(size));
    const client = rawClient(t, port, { reads: false }).get("/");
    let received = 0;
    let pauseAt = 1_000_000;
    // A pause after each megabyte, many times shorter than the stall timeout; together they are longer.
    client.socket.on("data", (bytes: Buffer) => {
      received += bytes.length;
      if (received < pauseAt) return;
      pauseAt += 1_000_000;
      client.socket.pause();
      setTimeout(() => client.socket.resume(), 100);
    });
    client.socket.resume();
    await until(() => received > size || channel.statistics.closed.stalled > 0);
    assert.equal(channel.statistics.closed.stalled, 0);
  });

  it("lets a client catch up in slices, in order", async (t) => {
    const { channel, port } = await startChannel(t, { backlog: "all", capacity: 100_000 });
    for (let index = 1; index <= 3000; index++) channel.publish(`${index} ${"x".repeat(1000)}`);
    const client = await EventClient.open(port, "/");
    channel.publish("last");
    const events = await client.until((all) => all.at(-1)?.data === "last");
    assert.deepEqual(
      events.map((event) => event.lastEventId),
      Array.from({ length: 3001 }, (_, index) => `e-${index + 1}`),
    );
    client.close();
  });

  it("closes a client that takes nothing for stallTimeout, and counts why", async (t) => {
    const { channel, port } = await startChannel(t, { stallTimeout: 100 });
    const sleeper = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount > 0);
    while (channel.clientCount > 0) {
      channel.publish("x".repeat(100_000));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.deepEqual(channel.statistics.closed, { left: 0, stalled: 1, aged: 0, ended: 0, closed: 0, dismissed: 0 });
    sleeper.socket.destroy();
  });
});

describe("Channel: heartbeats and age", () => {
  it("sends a comment after silence", async (t) => {
    const { port } = await startChannel(t, { heartbeat: 30 });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until(":\n:\n");
    assert.match(client.body, /^retry: 2000\n(:\n)+$/);
  });

  it("sends no comment to whom something was just written", async (t) => {
    let now = 0;
    t.mock.method(performance, "now", () => now);
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { channel, port } = await startChannel(t, { heartbeat: 40_000 });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until("retry: 2000\n");
    const pass = (ms: number): void => {
      for (let second = 0; second < ms / 1000; second++) {
        now += 1000;
        t.mock.timers.tick(1000);
      }
    };
    pass(30_000);
    channel.publish("a");
    await client.until("data: a\n\n");
    pass(38_000);
    channel.publish("b");
    await client.until("data: b\n\n");
    pass(40_000);
    channel.publish("c");
    await client.until("data: c\n\n");
    assert.equal(client.body, "retry: 2000\nid: e-1\ndata: a\n\nid: e-2\ndata: b\n\n:\nid: e-3\ndata: c\n\n");
  });

  it("sends none with heartbeat 0", async (t) => {
    let now = 0;
    t.mock.method(performance, "now", () => now);
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { channel, port } = await startChannel(t, { heartbeat: 0 });
    const client = rawClient(t, port).get("/", [], "1.0");
    await client.until("retry: 2000\n");
    now = 3_600_000;
    t.mock.timers.tick(3_600_000);
    channel.publish("a");
    await client.until("data: a\n\n");
    assert.equal(client.body, "retry: 2000\nid: e-1\ndata: a\n\n");
  });

  it("ends a connection of maxConnectionAge with a jittered reconnection time", async (t) => {
    const { channel, port } = await startChannel(t, { maxConnectionAge: 50, retry: 1000 });
    const client = rawClient(t, port).get("/");
    await client.until("0\r\n\r\n");
    const retry = /retry: (\d+)\n$/.exec(dechunk(client.body).content)?.[1];
    assert.ok(Number(retry) >= 1000 && Number(retry) <= 2000, retry);
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.aged, 1);
  });

  it("ends a connection of maxConnectionAge whose client is always behind: it gets what was written, and no more", async (t) => {
    let now = 1000;
    t.mock.method(performance, "now", () => now);
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { channel, port } = await startChannel(t, { maxConnectionAge: 10_000, stallTimeout: 0, retry: 1000 });
    const client = rawClient(t, port, { reads: false }).get("/", [], "1.0");
    await until(() => channel.clientCount > 0);
    while (channel.statistics.blocked === 0) {
      channel.publish("x".repeat(100_000));
      await new Promise(setImmediate);
    }
    now += 10_000;
    t.mock.timers.tick(1000);
    channel.publish("too late");
    client.resume();
    client.socket.resume();
    assert.match((await client.closed()).slice(-30), /x\n\nretry: \d{4}\n$/);
    assert.equal(channel.statistics.closed.aged, 1);
  });
});

describe("Channel: limits", () => {
  it("refuses who comes when it is full, with a complete answer and a jittered Retry-After", async (t) => {
    const { channel, port } = await startChannel(t, { maxClients: 2 });
    const [first, second] = [await EventClient.open(port, "/"), await EventClient.open(port, "/")];
    const third = rawClient(t, port).get("/", ["Connection: close"]);
    await third.closed();
    assert.match(third.head, /^HTTP\/1\.1 503 /);
    const wait = Number(/\r\nRetry-After: (\d+)\r\n/.exec(third.head)?.[1]);
    assert.ok(wait >= 5 && wait <= 10, String(wait));
    assert.equal((JSON.parse(third.body) as { error: { code: string } }).error.code, "TOO_MANY_CLIENTS");
    channel.publish("both");
    assert.deepEqual(data(await first.until((events) => events.length === 1)), ["both"], "nobody was evicted");
    first.close();
    await until(() => channel.clientCount === 1);
    const fourth = await EventClient.open(port, "/");
    assert.equal(fourth.status, 200);
    assert.equal(channel.statistics.refused, 1);
    second.close();
    fourth.close();
  });

  it('answers 200 with a retry and an end with whenFull "retry", after which an EventSource comes back', async (t) => {
    const { port } = await startChannel(t, { maxClients: 1, whenFull: "retry", retryAfter: 300 });
    const first = await EventClient.open(port, "/");
    const second = rawClient(t, port).get("/", ["Connection: close"]);
    await second.closed();
    assert.equal(second.head, `${HEAD}\r\nConnection: close\r\nTransfer-Encoding: chunked`);
    const { content, isComplete } = dechunk(second.body);
    assert.equal(isComplete, true);
    const retry = Number(/^: all 1 places are taken\nretry: (\d+)\n$/.exec(content)?.[1]);
    assert.ok(retry >= 300 && retry <= 600, content);
    first.close();
  });

  it("limits the clients of one address", async (t) => {
    const { port } = await startChannel(t, {
      maxClientsPerAddress: 1,
      clientAddress: (request) => String(request.headers["x-user"]),
    });
    const ann = await EventClient.open(port, "/", { "x-user": "ann" });
    const annAgain = await EventClient.open(port, "/", { "x-user": "ann" });
    const bob = await EventClient.open(port, "/", { "x-user": "bob" });
    assert.deepEqual([ann.status, annAgain.status, bob.status], [200, 503, 200]);
    ann.close();
    bob.close();
  });

  it("lets exactly as many in as there is room for when all come at once", async (t) => {
    const { port } = await startChannel(t, { maxClients: 20 });
    const clients = await Promise.all(Array.from({ length: 50 }, () => EventClient.open(port, "/")));
    assert.equal(clients.filter((client) => client.status === 200).length, 20);
    assert.equal(clients.filter((client) => client.status === 503).length, 30);
    for (const client of clients) client.close();
  });

  const bad: readonly (readonly [string, unknown])[] = [
    ["capacity", 0],
    ["capacity", Infinity],
    ["capacity", "5"],
    ["capacityBytes", -1],
    ["backlog", -1],
    ["backlog", "some"],
    ["heartbeat", 2 ** 31],
    ["heartbeat", Number.NaN],
    ["retry", 1.5],
    ["retry", 2 ** 31 - 1],
    ["maxClients", 0],
    ["maxClientsPerAddress", null],
    ["whenFull", "wait"],
    ["retryAfter", -1],
    ["stallTimeout", -1],
    ["maxConnectionAge", -1],
    ["clientAddress", "x"],
    ["epoch", "a b"],
    ["epoch", ""],
  ];
  for (const [name, value] of bad) {
    it(`refuses the option ${name}: ${String(value)}, naming it`, () => {
      assert.throws(
        () => new Channel({ [name]: value } as never),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, "INVALID_OPTION");
          assert.match(error.message, new RegExp(`"${name}"`));
          return true;
        },
      );
    });
  }
});

describe("Channel.end()", () => {
  it("ends the streams after the last event, and answers 204 who has it all", async (t) => {
    const { channel, port } = await startChannel(t, { backlog: "all" });
    const early = await EventClient.open(port, "/");
    channel.publish("a");
    channel.publish("b");
    channel.end();
    channel.end();
    assert.deepEqual(data(await early.ended()), ["a", "b"]);
    const late = await EventClient.open(port, "/");
    assert.deepEqual(data(await late.ended()), ["a", "b"], "the log can still be read");
    const half = await EventClient.open(port, "/", { "Last-Event-ID": "e-1" });
    assert.deepEqual(data(await half.ended()), ["b"]);
    const done = await EventClient.open(port, "/", { "Last-Event-ID": "e-2" });
    assert.equal(done.status, 204);
    const stranger = await EventClient.open(port, "/", { "Last-Event-ID": "x-2" });
    assert.deepEqual(
      (await stranger.ended()).map((event) => event.type),
      ["gap", "message", "message"],
    );
    assert.throws(() => channel.publish("c"), { code: "CHANNEL_CLOSED" });
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.ended, 4);
  });

  it("gives a client that lags everything first", async (t) => {
    const { channel, port } = await startChannel(t, { capacity: 100_000, capacityBytes: 100 * 1024 * 1024 });
    const sleeper = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount > 0);
    for (let index = 1; index <= 1000; index++) channel.publish(`${index} ${"x".repeat(10_000)}`);
    channel.end();
    assert.equal(channel.clientCount, 1);
    sleeper.resume();
    sleeper.socket.resume();
    await sleeper.until("0\r\n\r\n");
    const { content } = dechunk(sleeper.body);
    assert.equal([...content.matchAll(/^id: /gm)].length, 1000);
    assert.match(content, /id: e-1000\ndata: 1000 x+\n\n$/);
  });
});

describe("Channel.close()", () => {
  it("tells every client when to come back, spread out, and resolves when all have gone", async (t) => {
    const { channel, port } = await startChannel(t);
    const clients = Array.from({ length: 20 }, () => rawClient(t, port).get("/", ["Connection: close"]));
    await Promise.all(clients.map((client) => client.until("retry: 2000\n")));
    channel.publish("last");
    const closing = channel.close({ retry: 1000 });
    assert.equal(channel.close(), closing);
    await closing;
    assert.equal(channel.clientCount, 0);
    const bodies = await Promise.all(
      clients.map(async (client) => dechunk((await client.closed()).split("\r\n\r\n").slice(1).join("\r\n\r\n"))),
    );
    const retries = bodies.map(({ content, isComplete }) => {
      assert.equal(isComplete, true);
      return Number(/^retry: 2000\nid: e-1\ndata: last\n\nretry: (\d+)\n$/.exec(content)?.[1]);
    });
    assert.ok(
      retries.every((retry) => retry >= 1000 && retry <= 2000),
      String(retries),
    );
    assert.ok(new Set(retries).size > 5, "they do not come back in one wave");
    assert.throws(() => channel.publish("x"), { code: "CHANNEL_CLOSED" });
    assert.throws(() => channel.end(), { code: "CHANNEL_CLOSED" });
    assert.equal(channel.statistics.closed.closed, 20);
  });

  it("does not touch the next response when the application ended this one itself", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url === "/next") return void response.end("next");
      channel.handle(request, response);
      if (request.url === "/ends") response.end();
      for (let index = 0; index < 1000; index++) channel.publish(`late ${index}`);
    });
    const client = rawClient(t, port).get("/ends");
    await client.until("0\r\n\r\n");
    client.get("/next", ["Connection: close"]);
    const [, after] = (await client.closed()).split("0\r\n\r\n");
    assert.match(after ?? "", /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nnext$/);
    await until(() => channel.clientCount === 0);

    // The same with a client whose socket is full.
    const blocked = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount === 1);
    while (channel.statistics.blocked === 0) {
      channel.publish("x".repeat(1_000_000));
      await new Promise(setImmediate);
    }
    await channel.close({ retry: 0 }).catch(() => undefined);
    blocked.socket.destroy();
  });

  it("refuses new clients, and HEAD as GET", async (t) => {
    const { channel, port } = await startChannel(t);
    await channel.close();
    const client = await EventClient.open(port, "/");
    assert.equal(client.status, 503);
    assert.equal((await ask(port, "HEAD", "/")).status, 503);
  });

  it("drops at the deadline who does not take the rest", async (t) => {
    const { channel, port } = await startChannel(t, { stallTimeout: 0 });
    const sleeper = rawClient(t, port, { reads: false }).get("/");
    await until(() => channel.clientCount > 0);
    for (let index = 0; index < 200; index++) channel.publish("x".repeat(100_000));
    await channel.close({ deadline: 50 });
    assert.equal(channel.clientCount, 0);
    sleeper.socket.destroy();
  });

  it("leaves a kept-alive connection usable for the next request", async (t) => {
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      if (request.url === "/next") response.end("next");
      else channel.handle(request, response);
    });
    const client = rawClient(t, port).get("/");
    await client.until("retry: 2000\n");
    channel.publish("a");
    channel.end();
    await client.until("0\r\n\r\n");
    client.get("/next", ["Connection: close"]);
    const received = await client.closed();
    assert.match(received, /\r\n\r\nnext$/);
    assert.equal(received.match(/HTTP\/1\.1 200/g)?.length, 2);
  });

  it("refuses bad options", async () => {
    const channel = new Channel();
    assert.throws(() => channel.close({ retry: -1 }), { code: "INVALID_OPTION" });
    assert.throws(() => channel.close({ deadline: 1.5 }), { code: "INVALID_OPTION" });
    await channel[Symbol.asyncDispose]();
  });
});

describe("ChannelClient", () => {
  it("tells how it started, and can be closed by the server", async (t) => {
    const clients: unknown[] = [];
    const { channel, port } = await startChannel(t, {}, (request, response) => {
      const client = channel.handle(request, response);
      clients.push([client?.outcome, client?.lastEventId]);
      client?.close();
    });
    channel.publish("a");
    await (await EventClient.open(port, "/")).ended();
    await (await EventClient.open(port, "/", { "Last-Event-ID": "e-0" })).ended();
    await (await EventClient.open(port, "/", { "Last-Event-ID": "x" })).ended();
    assert.deepEqual(clients, [
      ["fresh", ""],
      ["resumed", "e-0"],
      ["gap", "x"],
    ]);
    await until(() => channel.clientCount === 0);
    assert.equal(channel.statistics.closed.dismissed, 3);
  });
});

describe("Channel.read()", () => {
  async function collect(channel: Channel, lastEventId?: string, signal?: AbortSignal): Promise<string> {
    let text = "";
    for await (const bytes of channel.read(lastEventId, signal)) text += Buffer.from(bytes).toString();
    return text;
  }

  it("reads the whole log, follows it, and ends with it", async () => {
    const channel = new Channel({ epoch: "e" });
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

  it("tells gaps: at the start, and when its consumer is too slow", async () => {
    const channel = new Channel({ epoch: "e", capacity: 2 });
    for (const line of ["a", "b", "c"]) channel.publish(line);
    const reader = channel.read();
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
    const waiting = channel.read();
    const next = waiting.next();
    await new Promise(setImmediate);
    assert.deepEqual(await waiting.return(), { done: true, value: undefined });
    assert.equal((await next).done, true);
    channel.publish("a");
    for await (const bytes of channel.read()) {
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
});
