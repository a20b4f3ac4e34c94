import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:http2";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { openEventStream, sendEventStream } from "../../dist/channel/open-event-stream.js";
import { rawClient, until } from "../support/channel.js";
import {
  NO_SOURCES,
  SOURCE_REFUSAL,
  SilentSource,
  oneStream,
  serveStreams,
  sourcesOf,
} from "../support/event-stream.js";
import { EventClient, TestServer, ask } from "../support/http.js";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { EventStream } from "../../dist/channel/event-stream.js";
import type { EventStreamOptions } from "../../dist/channel/event-stream-options.js";
import type { StreamProducer } from "../../dist/channel/stream-producer.js";
import type { StreamSource } from "../../dist/channel/stream-source.js";

const FIXTURE = fileURLToPath(new URL("../../test/fixtures/leaving-clients.mjs", import.meta.url));

const FAILURE = '{"error":{"code":"INTERNAL_ERROR","message":"Cannot open the event stream: the server failed"}}\n';

describe("openEventStream()", () => {
  it("answers GET and POST whatever they accept, HEAD with the head, and other methods with 405", async (t) => {
    const port = await serveStreams(t, (stream) => void stream.send("answer").then(() => stream.close()));
    assert.equal((await ask(port, "POST", "/", { body: "question" })).text, ":\ndata: answer\n\n");
    // The SDKs of OpenAI and Anthropic send it.
    const json = await ask(port, "POST", "/", { headers: { Accept: "application/json" } });
    assert.deepEqual([json.status, json.headers["content-type"]], [200, "text/event-stream"]);
    const head = await ask(port, "HEAD", "/");
    assert.deepEqual([head.status, head.headers["content-type"], head.text], [200, "text/event-stream", ""]);
    const put = await ask(port, "PUT", "/");
    assert.deepEqual([put.status, put.headers.allow], [405, "GET, HEAD, POST"]);
  });

  it("compresses with gzip on request", async (t) => {
    const { port, stream } = await oneStream(t, { compress: true });
    const client = rawClient(t, port);
    const pieces: Buffer[] = [];
    client.socket.on("data", (bytes: Buffer) => pieces.push(bytes));
    client.get("/", ["Accept-Encoding: gzip"], "1.0");
    const own = await stream;
    await own.send("x".repeat(500));
    void own.close();
    await client.closed();
    const all = Buffer.concat(pieces);
    const body = all.subarray(all.indexOf("\r\n\r\n") + 4);
    assert.equal(gunzipSync(body).toString(), `:\ndata: ${"x".repeat(500)}\n\n`);
    assert.match(all.toString("latin1"), /\r\nVary: Accept-Encoding\r\n/);
    for (const [header, coding] of [["gzip", "gzip"], ["br", undefined]] as const) {
      const head = await ask(port, "HEAD", "/", { headers: { "Accept-Encoding": header } });
      assert.deepEqual([head.headers["content-encoding"], head.headers.vary], [coding, "Accept-Encoding"]);
    }
  });

  it("throws for bad options, and answers 500", async (t) => {
    const bad = Object.entries({ heartbeat: -1, stallTimeout: "1", maxConnectionAge: -1, compress: 1, retry: 1.5 });
    for (const [name, value] of bad) {
      const server = await TestServer.start((request, response) => {
        assert.throws(() => openEventStream(request, response, { [name]: value }), { code: "INVALID_OPTION" });
      });
      t.after(() => server.close());
      const { status, text: body } = await ask(server.port, "GET", "/");
      assert.deepEqual([status, body], [500, FAILURE]);
    }
  });

  it("refuses started responses, and ignores a client that has left", async (t) => {
    const seen: unknown[] = [];
    const server = await TestServer.start((request, response) => {
      response.write("started");
      assert.throws(() => openEventStream(request, response), { code: "HEADERS_SENT" });
      response.destroy();
      seen.push(openEventStream(request, response));
    });
    t.after(() => server.close());
    await assert.rejects(ask(server.port, "GET", "/"));
    assert.deepEqual(seen, [undefined]);
  });

  it("ends every stream of a pipeline when its connection closes, and stops their sources", async (t) => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on("warning", onWarning);
    t.after(() => process.off("warning", onWarning));
    // How many responses are over before the connection closes: the stream at every other position waits for its turn.
    for (const finished of [0, 1, 19]) {
      const streams: EventStream[] = [];
      const port = await serveStreams(t, (stream) => streams.push(stream));
      const client = rawClient(t, port);
      for (let index = 0; index < 20; index++) client.get("/");
      await until(() => streams.length === 20);
      const sources = streams.map(() => new SilentSource());
      const sent = streams.map((stream, index) => stream.sendAll(sources[index]?.iterable() ?? []));
      for (const [index, stream] of streams.slice(0, finished).entries()) {
        await stream.close();
        await client.until(`data: first\n\n`);
        assert.equal(index, streams.findIndex(({ signal }) => !signal.aborted) - 1);
      }
      client.socket.destroy();
      for (const [index, stream] of streams.entries()) {
        await stream.closed;
        assert.equal(stream.signal.aborted, true);
        await sources[index]?.stopped;
        await assert.rejects(sent[index] ?? Promise.resolve(), {
          code: index < finished ? "CHANNEL_CLOSED" : "CLIENT_LEFT",
        });
      }
    }
    assert.deepEqual(warnings, []);
  });

  it("sends on HTTP/2, and stops the source of a stream that is reset", async (t) => {
    const sources: SilentSource[] = [];
    const sent: Promise<void>[] = [];
    const server = createServer((request, response) => {
      const source = new SilentSource();
      sources.push(source);
      sent.push(sendEventStream(request, response, source.iterable()));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    t.after(() => {
      session.destroy();
      server.close();
    });
    const [first, second] = [session.request({ ":path": "/" }), session.request({ ":path": "/" })];
    for (const stream of [first, second]) {
      let received = "";
      stream.setEncoding("utf8").on("data", (text: string) => (received += text));
      await until(() => received === ":\ndata: first\n\n");
    }
    first.close(8);
    await sources[0]?.stopped;
    await sent[0];
    session.destroy();
    await sources[1]?.stopped;
    await sent[1];
  });

  it("sends the streams of a pipeline one after the other", async (t) => {
    const port = await serveStreams(t, (stream) => {
      void stream.send(`for ${stream.lastEventId}`);
      void stream.close();
    });
    const client = rawClient(t, port).get("/?lastEventId=1").get("/?lastEventId=2").get("/?lastEventId=3");
    await client.until("for 3");
    const data = [...client.received.matchAll(/^data: (.*)$/gm)].map(([, text]) => text);
    assert.deepEqual(data, ["for 1", "for 2", "for 3"]);
  });
});

/** A server that sends a source, and the result of `sendEventStream` for its one request. */
async function serve(
  t: TestContext,
  source: StreamSource | StreamProducer,
  options?: EventStreamOptions,
): Promise<{ port: number; sent: Promise<PromiseSettledResult<void>> }> {
  let settle: (result: PromiseSettledResult<void>) => void = () => undefined;
  const sent = new Promise<PromiseSettledResult<void>>((resolve) => (settle = resolve));
  const server = await TestServer.start(async (request, response) => {
    const [result] = await Promise.allSettled([sendEventStream(request, response, source, options)]);
    settle(result);
  });
  t.after(() => server.close());
  return { port: server.port, sent };
}

/** Rejects if the promise of `sendEventStream` did. */
async function resultOf(sent: Promise<PromiseSettledResult<void>>): Promise<void> {
  const result = await sent;
  if (result.status === "rejected") throw result.reason;
}

const FULFILLED = { status: "fulfilled", value: undefined };

describe("sendEventStream()", () => {
  it("sends a source, the source that a function returns, or the events that a function sends, and ends", async (t) => {
    for (const source of sourcesOf("a", "b")) {
      const { port, sent } = await serve(t, source);
      const client = rawClient(t, port).get("/", [], "1.0");
      await client.closed();
      assert.equal(client.body, ":\ndata: a\n\ndata: b\n\n");
      assert.deepEqual(await sent, FULFILLED);
    }
  });

  it("resolves when the client leaves, and stops sources and functions", async (t) => {
    const silent = new SilentSource();
    const hanging = new SilentSource();
    const sources: (StreamSource | StreamProducer)[] = [
      silent.iterable(),
      () => hanging.readable(),
      async (stream) => {
        await stream.send("first");
        await once(stream.signal, "abort");
        throw new Error("the model's client reports the abort in its own words");
      },
      async (stream) => {
        await stream.send("first");
        await new Promise(() => undefined);
      },
    ];
    for (const source of sources) {
      const { port, sent } = await serve(t, source);
      const client = await EventClient.open(port, "/");
      await client.until(({ length }) => length === 1);
      client.close();
      assert.deepEqual(await sent, FULFILLED);
    }
    await silent.stopped;
    await hanging.stopped;
  });

  it("resolves when the stream is closed from elsewhere, or reaches its age", async (t) => {
    for (const options of [{}, { maxConnectionAge: 20 }]) {
      const opened: EventStream[] = [];
      const source = new SilentSource();
      const make = (stream: EventStream): StreamSource => {
        opened.push(stream);
        return source.iterable();
      };
      const { port, sent } = await serve(t, make, options);
      const client = await EventClient.open(port, "/");
      await client.until(({ length }) => length === 1);
      if (options.maxConnectionAge === undefined) await opened[0]?.close();
      assert.deepEqual(await sent, FULFILLED);
      await source.stopped;
      await client.ended();
    }
  });

  it("rejects with the error of a source or a function, after the sent events", async (t) => {
    const failure = new Error("the model failed");
    const sources: (StreamSource | StreamProducer)[] = [
      (async function* () {
        yield "a";
        throw failure;
      })(),
      (stream) => {
        void stream.send("a");
        throw failure;
      },
      async (stream) => {
        await stream.send("a");
        await stream.close();
        throw failure;
      },
    ];
    for (const source of sources) {
      const { port, sent } = await serve(t, source);
      const client = rawClient(t, port).get("/", [], "1.0");
      await client.closed();
      assert.equal(client.body, ":\ndata: a\n\n");
      assert.deepEqual(await sent, { status: "rejected", reason: failure });
    }
  });

  it("rejects for a value that is not a source, with 500, and the same from a function, with a stream", async (t) => {
    for (const source of NO_SOURCES) {
      const value = await serve(t, source);
      const { status, text: body } = await ask(value.port, "GET", "/");
      assert.deepEqual([status, body], [500, FAILURE]);
      await assert.rejects(resultOf(value.sent), SOURCE_REFUSAL);
      const result = await serve(t, () => source);
      assert.equal((await ask(result.port, "GET", "/")).text, ":\n");
      await assert.rejects(resultOf(result.sent), SOURCE_REFUSAL);
    }
  });

  it("asks to await a promise of a source", async (t) => {
    const { port, sent } = await serve(t, Promise.resolve(["a"]) as never);
    assert.equal((await ask(port, "GET", "/")).status, 500);
    await assert.rejects(resultOf(sent), { message: /, not a promise; await it, or pass a function that returns it$/ });
  });

  it("rejects for bad options, with 500, and stops the source", async (t) => {
    const source = new SilentSource();
    const { port, sent } = await serve(t, source.readable(), { retry: -1 });
    assert.equal((await ask(port, "GET", "/")).status, 500);
    await assert.rejects(resultOf(sent), { code: "INVALID_OPTION" });
    await source.stopped;
  });

  it("leaves a started response to the application", async (t) => {
    const server = await TestServer.start(async (request, response) => {
      response.write("started");
      await assert.rejects(sendEventStream(request, response, 5 as never), { code: "INVALID_OPTION" });
      response.end();
    });
    t.after(() => server.close());
    const { status, text: body } = await ask(server.port, "GET", "/");
    assert.deepEqual([status, body], [200, "started"]);
  });

  it("stops a source and calls no function when the request gets another answer", async (t) => {
    const source = new SilentSource();
    const head = await serve(t, source.readable());
    assert.equal((await ask(head.port, "HEAD", "/")).text, "");
    assert.deepEqual(await head.sent, FULFILLED);
    await source.stopped;
    const put = await serve(t, () => assert.fail("the function was called"));
    assert.equal((await ask(put.port, "PUT", "/")).status, 405);
    assert.deepEqual(await put.sent, FULFILLED);
  });

  it("does not end the process, at whichever moment a client leaves", async (t) => {
    const child = spawn(process.execPath, [FIXTURE], { stdio: ["ignore", "pipe", "pipe"] });
    t.after(() => child.kill("SIGKILL"));
    const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await once(child, "close")) as [number | null];
    const [stdout, stderr] = await outputs;
    assert.deepEqual([code, stderr], [0, ""]);
    const finished = Object.values(JSON.parse(stdout) as Record<string, number>);
    assert.deepEqual(finished, Array.from({ length: 8 }, () => 9));
  });
});
