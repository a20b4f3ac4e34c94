import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { respondEventStream } from "../../dist/channel/respond-event-stream.js";
import { NO_SOURCES, SOURCE_REFUSAL, SilentSource, sourcesOf } from "../support/event-stream.js";
import type { EventStream } from "../../dist/channel/event-stream.js";
import type { StreamProducer } from "../../dist/channel/stream-producer.js";
import type { StreamSource } from "../../dist/channel/stream-source.js";

const ask = (init?: RequestInit, path = "/"): Request => new Request(`http://localhost${path}`, init);

/** Reads a body chunk by chunk. */
function readerOf(response: Response): () => Promise<string | undefined> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  return async () => {
    const { value } = (await reader?.read()) ?? {};
    return value === undefined ? undefined : decoder.decode(value);
  };
}

describe("respondEventStream()", () => {
  it("answers with a source, the source of a function, or the events that a function sends", async () => {
    for (const source of sourcesOf("a", "b")) {
      const response = respondEventStream(ask({ method: "POST", headers: { Accept: "application/json" } }), source);
      assert.equal(response.status, 200);
      assert.deepEqual(Object.fromEntries(response.headers), {
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      });
      assert.equal(await response.text(), ":\ndata: a\n\ndata: b\n\n");
    }
  });

  it("tells a function the last event id, and announces the reconnection time", async () => {
    const echo = async function* ({ lastEventId }: EventStream): AsyncGenerator<string> {
      yield lastEventId;
    };
    const response = respondEventStream(ask({ headers: { "Last-Event-ID": "7" } }), echo, { retry: 100 });
    assert.equal(await response.text(), "retry: 100\ndata: 7\n\n");
  });

  it("takes at most one event from the source before the body is read as far", async () => {
    let given = 0;
    function* source(): Generator<string> {
      for (;;) yield String(++given);
    }
    const read = readerOf(respondEventStream(ask(), source()));
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    assert.equal(given, 1);
    assert.equal(await read(), ":\n");
    for (const expected of [1, 2, 3]) {
      assert.equal(await read(), `data: ${expected}\n\n`);
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      assert.ok(given <= expected + 1, `${given} events were taken from the source, ${expected} were read`);
    }
  });

  it("stops the source when the body is cancelled or the request is aborted", async () => {
    for (const make of ["iterable", "readable"] as const) {
      const source = new SilentSource();
      const response = respondEventStream(ask(), source[make]());
      const reader = response.body?.getReader();
      await reader?.read();
      await reader?.read();
      await reader?.cancel();
      await source.stopped;

      const other = new SilentSource();
      const abort = new AbortController();
      let opened: EventStream | undefined;
      const aborted = respondEventStream(ask({ signal: abort.signal }), (stream) => {
        opened = stream;
        return other[make]();
      });
      const read = readerOf(aborted);
      await read();
      await read();
      abort.abort();
      await other.stopped;
      await opened?.closed;
      assert.equal((opened?.signal.reason as { code: string }).code, "CLIENT_LEFT");
      assert.equal(await read(), undefined, "the body ends without an error, which servers would print");
    }
  });

  it("fails the body with the error of a source or a function, after the sent events", async () => {
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
        await stream.sendAll(
          (async function* () {
            yield "a";
            throw failure;
          })(),
        );
      },
    ];
    for (const source of sources) {
      const read = readerOf(respondEventStream(ask(), source));
      assert.deepEqual([await read(), await read()], [":\n", "data: a\n\n"]);
      await assert.rejects(read(), failure);
    }
  });

  it("warns of an error that the body cannot carry, since the function closed the stream before", async () => {
    const warning = once(process, "warning");
    const response = respondEventStream(ask(), async (stream) => {
      await stream.close();
      throw new Error("the transcript was not stored");
    });
    assert.equal(await response.text(), ":\n");
    assert.equal(((await warning) as [Error])[0].message, "the transcript was not stored");
    const second = once(process, "warning");
    const other = respondEventStream(ask(), async (stream) => {
      await stream.close();
      throw Object.create(null);
    });
    assert.equal(await other.text(), ":\n");
    assert.equal(((await second) as [Error])[0].message, "[Object: null prototype] {}");
  });

  it("answers HEAD, other methods and aborted requests without a source", async () => {
    const source = new SilentSource();
    const head = respondEventStream(ask({ method: "HEAD" }), source.readable());
    assert.deepEqual([head.status, head.body, head.headers.get("content-type")], [200, null, "text/event-stream"]);
    await source.stopped;
    const put = respondEventStream(ask({ method: "PUT" }), () => assert.fail("the function was called"));
    assert.deepEqual([put.status, put.headers.get("allow")], [405, "GET, HEAD, POST"]);
    assert.match(await put.text(), /METHOD_NOT_ALLOWED/);
    const gone = respondEventStream(ask({ signal: AbortSignal.abort() }), () => assert.fail("the function was called"));
    assert.deepEqual([gone.status, gone.body], [499, null]);
    assert.throws(() => respondEventStream(ask(), [], { heartbeat: -1 }), { code: "INVALID_OPTION" });
  });

  it("refuses a value that is not a source, and the same from a function", async () => {
    for (const source of NO_SOURCES) {
      assert.throws(() => respondEventStream(ask(), source), SOURCE_REFUSAL);
      const read = readerOf(respondEventStream(ask(), () => source));
      assert.equal(await read(), ":\n");
      await assert.rejects(read(), SOURCE_REFUSAL);
    }
    assert.throws(() => respondEventStream(ask(), undefined as never), SOURCE_REFUSAL);
  });

  it("answers HEAD also when the source is locked", () => {
    const locked = new ReadableStream<string>();
    locked.getReader();
    assert.equal(respondEventStream(ask({ method: "HEAD" }), locked).status, 200);
  });

  it("compresses with gzip on request", async () => {
    const request = ask({ headers: { "Accept-Encoding": "gzip" } });
    const response = respondEventStream(request, ["x".repeat(500)], { compress: true });
    assert.deepEqual(
      [response.headers.get("content-encoding"), response.headers.get("vary")],
      ["gzip", "Accept-Encoding"],
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(gunzipSync(bytes).toString(), `:\ndata: ${"x".repeat(500)}\n\n`);
    const headRequest = ask({ method: "HEAD", headers: { "Accept-Encoding": "gzip" } });
    const head = respondEventStream(headRequest, [], { compress: true });
    assert.equal(head.headers.get("content-encoding"), "gzip");
  });

  it("sends heartbeats, and drops a body that is not read for stallTimeout", async (t) => {
    // A server's sockets keep the process alive; the timers of a stream do not.
    const alive = setInterval(() => undefined, 1000);
    t.after(() => clearInterval(alive));
    const read = readerOf(respondEventStream(ask(), new SilentSource().iterable(), { heartbeat: 20 }));
    for (const expected of [":\n", "data: first\n\n", ":\n", ":\n"]) assert.equal(await read(), expected);
    let opened: EventStream | undefined;
    respondEventStream(
      ask(),
      (stream) => {
        opened = stream;
        return ["a", "b"];
      },
      { stallTimeout: 20 },
    );
    await opened?.closed;
    assert.equal((opened?.signal.reason as { code: string }).code, "CLIENT_LEFT");
  });
});
