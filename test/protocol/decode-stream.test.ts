import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get } from "node:http";
import { ReadableStream } from "node:stream/web";
import { describe, it } from "node:test";
import { decodeEventStream } from "../../dist/protocol/decode-stream.js";
import { message } from "./connection.ts";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ReadableStreamDefaultReader } from "node:stream/web";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

/** A source that records whether it was closed. */
class Source {
  closed = false;

  async *chunks(...parts: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
    try {
      for (const part of parts) {
        if (part instanceof Error) {
          throw part;
        }
        yield Buffer.from(part);
      }
    } finally {
      this.closed = true;
    }
  }
}

/** A web stream that cannot be iterated, as in some browsers. */
class OldStream {
  readonly #stream: ReadableStream<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#stream = stream;
  }

  getReader(): ReadableStreamDefaultReader<Uint8Array> {
    return this.#stream.getReader();
  }
}

async function collect(events: AsyncIterable<DecodedEvent>, into: DecodedEvent[] = []): Promise<DecodedEvent[]> {
  for await (const event of events) {
    into.push(event);
  }
  return into;
}

describe("decodeEventStream", () => {
  it("throws EVENT_TOO_LARGE without another chunk, after the events before it", async () => {
    const source = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from(`data: a\n\ndata: ${"x".repeat(100)}`)),
    });
    const events: DecodedEvent[] = [];
    const decoded = collect(decodeEventStream(source, { maxEventBytes: 50 }), events);
    await assert.rejects(decoded, { code: "EVENT_TOO_LARGE" });
    assert.deepEqual(events, [message("a")]);
  });

  it("yields the events of all chunks in order and discards an unfinished one", async () => {
    const source = new Source();
    const chunks = source.chunks("id: 1\ndata: a\n\nda", "ta: b\n", "\n", "data: c\n\ndata: d\n\ndata: e\n");
    assert.deepEqual(await collect(decodeEventStream(chunks)), [
      message("a", "1"),
      message("b", "1"),
      message("c", "1"),
      message("d", "1"),
    ]);
    assert.equal(source.closed, true);
  });

  it("passes its options to the decoder", async () => {
    const events = decodeEventStream(new Source().chunks("data: a\n\n"), { lastEventId: "7" });
    assert.deepEqual(await collect(events), [message("a", "7")]);
  });

  it("refuses a bad option at the call", () => {
    assert.throws(() => decodeEventStream(new Source().chunks(), { maxEventBytes: 0 }), { code: "INVALID_OPTION" });
  });

  it("closes the source when the consumer leaves the loop, also in the middle of a chunk", async () => {
    const source = new Source();
    for await (const event of decodeEventStream(source.chunks("data: a\n\ndata: b\n\n", "data: c\n\n"))) {
      assert.deepEqual(event, message("a"));
      break;
    }
    assert.equal(source.closed, true);
  });

  it("rejects with an error of the source, after the events before it", async () => {
    const events: DecodedEvent[] = [];
    const failure = new Error("connection reset");
    const stream = decodeEventStream(new Source().chunks("data: a\n\n", failure));
    await assert.rejects(collect(stream, events), (error) => error === failure);
    assert.deepEqual(events, [message("a")]);
  });

  it("fails at an event that is too large, after the events before it, and closes the source", async () => {
    for (const more of [[], ["data: b\n\n"]]) {
      const source = new Source();
      const events: DecodedEvent[] = [];
      const stream = decodeEventStream(source.chunks("data: a\n\ndata: too large", ...more), { maxEventBytes: 10 });
      await assert.rejects(collect(stream, events), { code: "EVENT_TOO_LARGE" });
      assert.deepEqual(events, [message("a")]);
      assert.equal(source.closed, true);
    }
  });

  it("rejects with a TypeError when the source gives text", async () => {
    const chunks = (async function* () {
      yield "data: a\n\n" as unknown as Uint8Array;
    })();
    await assert.rejects(collect(decodeEventStream(chunks)), TypeError);
  });

  for (const [kind, wrap] of [
    ["a web stream", (stream: ReadableStream<Uint8Array>) => stream],
    ["a web stream that cannot be iterated", (stream: ReadableStream<Uint8Array>) => new OldStream(stream)],
  ] as const) {
    it(`reads ${kind} to its end, and releases it`, async () => {
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const text of ["data: a\n\nda", "ta: b\n\n"]) controller.enqueue(Buffer.from(text));
          controller.close();
        },
      });
      assert.deepEqual(await collect(decodeEventStream(wrap(stream))), [message("a"), message("b")]);
      assert.equal(stream.locked, false);
    });

    it(`cancels ${kind} when the consumer leaves the loop`, async () => {
      let cancelled = false;
      const stream = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(Buffer.from("data: a\n\n")),
        cancel: () => {
          cancelled = true;
        },
      });
      for await (const event of decodeEventStream(wrap(stream))) {
        assert.deepEqual(event, message("a"));
        break;
      }
      assert.equal(cancelled, true);
      assert.equal(stream.locked, false);
    });

    it(`rejects with the error of ${kind}, after the events before it`, async () => {
      const failure = new Error("network error");
      let isFirst = true;
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (isFirst) controller.enqueue(Buffer.from("data: a\n\n"));
          else controller.error(failure);
          isFirst = false;
        },
      });
      const events: DecodedEvent[] = [];
      await assert.rejects(collect(decodeEventStream(wrap(stream)), events), (error) => error === failure);
      assert.deepEqual(events, [message("a")]);
    });
  }

  it("reads a live response of node:http and closes the connection when the consumer leaves the loop", async () => {
    const server = createServer((req, res) => {
      res.writeHead(200, { "Content-Type": "text/event-stream" });
      res.write("data: a\n\n");
      req.socket.on("close", () => server.close());
    });
    const closed = once(server, "close");
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const sent = get({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, agent: false });
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    for await (const event of decodeEventStream(response)) {
      assert.deepEqual(event, message("a"));
      break;
    }
    await closed;
  });
});
