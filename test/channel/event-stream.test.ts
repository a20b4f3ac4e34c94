import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { openEventStream } from "../../dist/channel/open-event-stream.js";
import { rawClient, until } from "../support/channel.js";
import { NO_SOURCES, SOURCE_REFUSAL, SilentSource, oneStream } from "../support/event-stream.js";
import { EventClient, TestServer, dechunk } from "../support/http.js";
import type { Socket } from "node:net";
import type { EventStream } from "../../dist/channel/event-stream.js";

const LIBRARY = new URL("../../dist/index.js", import.meta.url).href;

describe("EventStream", () => {
  it("sends events, comments and whole sources in order, and closes", async (t) => {
    const { port, stream } = await oneStream(t, { retry: 100 });
    const client = rawClient(t, port).get("/?lastEventId=7", [], "1.0");
    const own = await stream;
    assert.equal(own.lastEventId, "7");
    void own.send("one");
    void own.comment("note");
    await own.sendAll(["two", { event: "push", id: "8", data: "three" }]);
    async function* tokens(): AsyncGenerator<string> {
      for (const token of ["a", "b"]) yield token;
    }
    await own.sendAll(tokens());
    assert.equal(own.signal.aborted, false);
    void own.close();
    await client.closed();
    assert.equal(
      client.body,
      "retry: 100\ndata: one\n\n: note\ndata: two\n\nevent: push\nid: 8\ndata: three\n\ndata: a\n\ndata: b\n\n",
    );
    await own.closed;
    assert.equal(own.signal.aborted, true);
    await assert.rejects(own.send("late"), { code: "CHANNEL_CLOSED" });
    await own[Symbol.asyncDispose]();
    await own.close();
  });

  it("rejects a value that is not a source, and ends after the sent events", async (t) => {
    for (const source of NO_SOURCES) {
      const { port, stream } = await oneStream(t);
      const client = rawClient(t, port).get("/", [], "1.0");
      const own = await stream;
      void own.send("one");
      await assert.rejects(own.sendAll(source), SOURCE_REFUSAL);
      await client.closed();
      assert.equal(client.body, ":\ndata: one\n\n");
    }
  });

  it("reads a source as fast as the client reads, and stops when the client leaves", async (t) => {
    const { port, stream } = await oneStream(t);
    const client = rawClient(t, port, { reads: false }).get("/");
    const own = await stream;
    let given = 0;
    let isReturned = false;
    function* source(): Generator<string> {
      try {
        for (;;) {
          given++;
          yield "x".repeat(100_000);
        }
      } finally {
        isReturned = true;
      }
    }
    const sending = assert.rejects(own.sendAll(source()), { code: "CLIENT_LEFT" });
    // The operating system buffers some megabytes; then the source is not read.
    let before = -1;
    while (given !== before) {
      before = given;
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    }
    assert.ok(given < 500, String(given));
    const queued = assert.rejects(own.send("behind it"), { code: "CLIENT_LEFT" });
    client.socket.resetAndDestroy();
    await sending;
    await queued;
    await own.closed;
    assert.equal(isReturned, true);
    assert.equal(own.signal.aborted, true);
  });

  it("continues in order when the client reads again", async (t) => {
    const { port, stream } = await oneStream(t);
    const client = rawClient(t, port, { reads: false }).get("/");
    const own = await stream;
    const sends = Array.from({ length: 200 }, (_, index) => own.send({ id: String(index), data: "x".repeat(50_000) }));
    void own.close();
    client.resume();
    client.socket.resume();
    await Promise.all(sends);
    await client.until("0\r\n\r\n");
    const ids = [...dechunk(client.body).content.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    assert.deepEqual(
      ids,
      Array.from({ length: 200 }, (_, index) => index),
    );
  });

  it("refuses invalid events and continues", async (t) => {
    const { port, stream } = await oneStream(t);
    const client = await EventClient.open(port, "/");
    const own = await stream;
    await assert.rejects(own.send({ event: "a\nb", data: "" }), { code: "INVALID_EVENT" });
    await assert.rejects(own.comment("a\nb"), { code: "INVALID_EVENT" });
    await own.send("good");
    void own.close();
    assert.deepEqual(
      (await client.ended()).map(({ data }) => data),
      ["good"],
    );
  });

  it("reports an invalid event that is not awaited as an unhandled rejection", async () => {
    const program = `import { respondEventStream } from ${JSON.stringify(LIBRARY)};
      respondEventStream(new Request("http://localhost/"), (stream) => void stream.send({ data: {} }));`;
    const child = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program]);
    await assert.rejects(child, ({ code, stderr }: { code?: number; stderr?: string }) => {
      assert.match(stderr ?? "", /TailcastError: Cannot encode the event: data is an object; pass JSON.stringify/);
      return code === 1;
    });
  });

  it("sends heartbeats, drops a client that does not read, and ends at maxConnectionAge", async (t) => {
    const beating = await oneStream(t, { heartbeat: 20 });
    const client = rawClient(t, beating.port).get("/", [], "1.0");
    await client.until(":\n:\n:\n");
    void (await beating.stream).close();
    const stalling = await oneStream(t, { stallTimeout: 50 });
    rawClient(t, stalling.port, { reads: false }).get("/");
    const own = await stalling.stream;
    await assert.rejects(own.sendAll(Array.from({ length: 1000 }, () => "x".repeat(100_000))), {
      code: "CLIENT_LEFT",
    });
    await own.closed;
    const aging = await oneStream(t, { maxConnectionAge: 20, retry: 5 });
    const old = rawClient(t, aging.port).get("/", ["Connection: keep-alive"]);
    assert.match(await old.closed(), /\r\n\r\n9\r\nretry: 5\n\r\n0\r\n\r\n$/);
    await assert.rejects((await aging.stream).send("late"), { code: "CLIENT_LEFT" });
  });

  it("drops a client that half-closed and does not read the rest, though nothing more is sent", async (t) => {
    const streams: { stream: EventStream; socket: Socket }[] = [];
    const server = await TestServer.start((request, response) => {
      const stream = openEventStream(request, response, { heartbeat: 0, stallTimeout: 50 });
      if (stream !== undefined) streams.push({ stream, socket: request.socket });
    });
    t.after(() => server.close());
    const client = rawClient(t, server.port, { reads: false }).get("/");
    await until(() => streams.length > 0);
    for (const { stream, socket } of streams) {
      // The operating system's buffers are full, but too little waits for the client to count as blocked.
      while (socket.writableLength === 0) {
        await stream.send("x".repeat(8000));
        await new Promise(setImmediate);
      }
      client.socket.end();
      await stream.closed;
    }
  });

  it("rejects sendAll at once when the client leaves, and stops sources that are silent or hang", async (t) => {
    for (const make of ["iterable", "readable"] as const) {
      const { port, stream } = await oneStream(t);
      const client = await EventClient.open(port, "/");
      const own = await stream;
      const source = new SilentSource();
      const sending = assert.rejects(own.sendAll(source[make]()), { code: "CLIENT_LEFT" });
      await client.until(({ length }) => length === 1);
      client.close();
      await sending;
      await source.stopped;
      assert.equal((own.signal.reason as { code: string }).code, "CLIENT_LEFT");
      // A source that is given too late is stopped, too.
      const late = new SilentSource();
      await assert.rejects(own.sendAll(late[make]()), { code: "CLIENT_LEFT" });
      await late.stopped;
    }
  });

  it("ends the stream after the sent events when a source fails, and rejects with its error", async (t) => {
    const failure = new Error("the model is out of tokens");
    async function* failing(): AsyncGenerator<string> {
      yield "first";
      throw failure;
    }
    const broken = new ReadableStream<string>({
      start: (controller) => controller.enqueue("first"),
      pull: (controller) => controller.error(failure),
    });
    let reads = 0;
    const reader = {
      read: () => (reads++ === 0 ? Promise.resolve({ done: false, value: "first" }) : Promise.reject(failure)),
      cancel: () => {
        throw new Error("cannot be cancelled");
      },
    };
    let isReturned = false;
    function* invalid(): Generator<{ event: string; data: string } | string> {
      try {
        yield "first";
        yield { event: "a\nb", data: "" };
      } finally {
        isReturned = true;
      }
    }
    for (const [source, expected] of [
      [failing(), failure],
      [broken, failure],
      [{ getReader: () => reader }, failure],
      [invalid(), { code: "INVALID_EVENT" }],
    ] as const) {
      const { port, stream } = await oneStream(t);
      const client = rawClient(t, port).get("/", [], "1.0");
      const own = await stream;
      await assert.rejects(own.sendAll(source), expected);
      await client.closed();
      assert.equal(client.body, ":\ndata: first\n\n");
      await assert.rejects(own.send("late"), { code: "CHANNEL_CLOSED" });
    }
    assert.equal(isReturned, true);
  });

  it("refuses to send after close, and sends the earlier events", async (t) => {
    const { port, stream } = await oneStream(t);
    const client = rawClient(t, port).get("/", [], "1.0");
    const own = await stream;
    void own.send("before");
    const closed = own.close();
    await assert.rejects(own.send("after"), { code: "CHANNEL_CLOSED" });
    await closed;
    await client.closed();
    assert.equal(client.body, ":\ndata: before\n\n");
  });
});
