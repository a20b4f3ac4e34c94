import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { openEventStream } from "../../dist/channel/event-stream.js";
import { rawClient, until } from "../support/channel.js";
import { EventClient, TestServer, ask, dechunk } from "../support/http.js";
import type { Socket } from "node:net";
import type { TestContext } from "node:test";
import type { EventStream, EventStreamOptions } from "../../dist/channel/event-stream.js";

/** A server whose every request is handed to `use` as a stream. */
async function serve(
  t: TestContext,
  use: (stream: EventStream) => void,
  options?: EventStreamOptions,
): Promise<number> {
  const server = await TestServer.start((request, response) => {
    const stream = openEventStream(request, response, options);
    if (stream !== undefined) use(stream);
  });
  t.after(() => server.close());
  return server.port;
}

/** The next stream that a server opens, and the port to open it on. */
async function oneStream(
  t: TestContext,
  options?: EventStreamOptions,
): Promise<{ port: number; stream: Promise<EventStream> }> {
  let opened: (stream: EventStream) => void = () => undefined;
  const stream = new Promise<EventStream>((resolve) => (opened = resolve));
  return { port: await serve(t, (next) => opened(next), options), stream };
}

describe("openEventStream()", () => {
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
    own.close();
    await client.closed();
    assert.equal(
      client.body,
      "retry: 100\ndata: one\n\n: note\ndata: two\n\nevent: push\nid: 8\ndata: three\n\ndata: a\n\ndata: b\n\n",
    );
    await own.closed;
    assert.equal(own.signal.aborted, true);
    await assert.rejects(own.send("late"), { code: "CHANNEL_CLOSED" });
    await own[Symbol.asyncDispose]();
  });

  it("goes as fast as the client reads, and stops when it has gone", async (t) => {
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
    const sending = assert.rejects(own.sendAll(source()), { code: "CHANNEL_CLOSED" });
    // The kernel takes some megabytes; then nothing more is asked of the source.
    let before = -1;
    while (given !== before) {
      before = given;
      for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    }
    assert.ok(given < 500, String(given));
    const queued = assert.rejects(own.send("behind it"), { code: "CHANNEL_CLOSED" });
    client.socket.resetAndDestroy();
    await sending;
    await queued;
    await own.closed;
    assert.equal(isReturned, true);
    assert.equal(own.signal.aborted, true);
  });

  it("goes on when the client reads again, in order", async (t) => {
    const { port, stream } = await oneStream(t);
    const client = rawClient(t, port, { reads: false }).get("/");
    const own = await stream;
    const sends = Array.from({ length: 200 }, (_, index) => own.send({ id: String(index), data: "x".repeat(50_000) }));
    own.close();
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

  it("refuses ill events, and goes on", async (t) => {
    const { port, stream } = await oneStream(t);
    const client = await EventClient.open(port, "/");
    const own = await stream;
    await assert.rejects(own.send({ event: "a\nb", data: "" }), { code: "INVALID_EVENT" });
    await assert.rejects(own.comment("a\nb"), { code: "INVALID_EVENT" });
    await own.send("good");
    own.close();
    assert.deepEqual(
      (await client.ended()).map(({ data }) => data),
      ["good"],
    );
  });

  it("sends heartbeats, and drops who takes nothing for stallTimeout", async (t) => {
    const beating = await oneStream(t, { heartbeat: 20 });
    const client = rawClient(t, beating.port).get("/", [], "1.0");
    await client.until(":\n:\n:\n");
    (await beating.stream).close();
    const stalling = await oneStream(t, { stallTimeout: 50 });
    rawClient(t, stalling.port, { reads: false }).get("/");
    const own = await stalling.stream;
    await assert.rejects(own.sendAll(Array.from({ length: 1000 }, () => "x".repeat(100_000))), {
      code: "CHANNEL_CLOSED",
    });
    await own.closed;
  });

  it("drops who ended its half and does not take the rest, though nothing more is sent", async (t) => {
    const streams: { stream: EventStream; socket: Socket }[] = [];
    const server = await TestServer.start((request, response) => {
      const stream = openEventStream(request, response, { heartbeat: 0, stallTimeout: 50 });
      if (stream !== undefined) streams.push({ stream, socket: request.socket });
    });
    t.after(() => server.close());
    const client = rawClient(t, server.port, { reads: false }).get("/");
    await until(() => streams.length > 0);
    for (const { stream, socket } of streams) {
      // The operating system takes no more, but too little waits for the client to count as blocked.
      while (socket.writableLength === 0) {
        await stream.send("x".repeat(8000));
        await new Promise(setImmediate);
      }
      client.socket.end();
      await stream.closed;
    }
  });

  it("may be asked for by POST, and answers HEAD, other methods and other formats", async (t) => {
    const port = await serve(t, (stream) => void stream.send("answer").then(() => stream.close()));
    assert.equal((await ask(port, "POST", "/", { body: "question" })).text, ":\ndata: answer\n\n");
    const head = await ask(port, "HEAD", "/");
    assert.deepEqual([head.status, head.headers["content-type"], head.text], [200, "text/event-stream", ""]);
    const put = await ask(port, "PUT", "/");
    assert.deepEqual([put.status, put.headers.allow], [405, "GET, HEAD, POST"]);
    assert.equal((await ask(port, "GET", "/", { headers: { Accept: "text/html" } })).status, 406);
  });

  it("compresses when told to", async (t) => {
    const { port, stream } = await oneStream(t, { compress: true });
    const client = rawClient(t, port);
    const pieces: Buffer[] = [];
    client.socket.on("data", (bytes: Buffer) => pieces.push(bytes));
    client.get("/", ["Accept-Encoding: gzip"], "1.0");
    const own = await stream;
    await own.send("x".repeat(500));
    own.close();
    await client.closed();
    const all = Buffer.concat(pieces);
    const body = all.subarray(all.indexOf("\r\n\r\n") + 4);
    assert.equal(gunzipSync(body).toString(), `:\ndata: ${"x".repeat(500)}\n\n`);
    assert.match(all.toString("latin1"), /\r\nVary: Accept-Encoding\r\n/);
  });

  it("refuses bad options and begun responses, and leaves alone who has gone", async (t) => {
    const seen: unknown[] = [];
    const server = await TestServer.start((request, response) => {
      for (const options of [{ heartbeat: -1 }, { stallTimeout: "1" }, { compress: 1 }, { retry: 1.5 }]) {
        assert.throws(() => openEventStream(request, response, options as never), { code: "INVALID_OPTION" });
      }
      response.write("begun");
      assert.throws(() => openEventStream(request, response), { code: "HEADERS_SENT" });
      response.destroy();
      seen.push(openEventStream(request, response));
    });
    t.after(() => server.close());
    await assert.rejects(ask(server.port, "GET", "/"));
    assert.deepEqual(seen, [undefined]);
  });
});
