import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DecodedEvent, EventStreamDecoderOptions } from "../../dist/protocol/decode.js";
import { DEFAULT_MAX_EVENT_BYTES, EventStreamDecoder } from "../../dist/protocol/decode.js";
import { createRandom } from "./random.ts";
import { FIXTURES, LINE_ENDS } from "./streams.ts";

const TOO_LARGE = { name: "TailcastError", code: "EVENT_TOO_LARGE" };

function message(data: string, lastEventId = "", type = "message"): DecodedEvent {
  return { type, data, lastEventId };
}

function decodeText(decoder: EventStreamDecoder, text: string): DecodedEvent[] {
  return decoder.decode(Buffer.from(text));
}

interface Outcome {
  readonly events: readonly DecodedEvent[];
  readonly lastEventId: string;
  readonly retry: number | undefined;
  /** The code of the error that ended it. */
  readonly failure: unknown;
}

/** A whole connection: every chunk, then the end. */
function decodeChunks(chunks: Iterable<Uint8Array>, options?: EventStreamDecoderOptions): Outcome {
  const decoder = new EventStreamDecoder(options);
  const events: DecodedEvent[] = [];
  let failure: unknown;
  try {
    for (const chunk of chunks) {
      events.push(...decoder.decode(chunk));
    }
    decoder.end();
  } catch (error) {
    failure = (error as { code?: unknown }).code;
  }
  return { events, lastEventId: decoder.lastEventId, retry: decoder.retry, failure };
}

function* cutEvery(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
  }
}

/** Compares the outcome of the whole, of every cut into two, and byte by byte through one buffer that is used again. */
function assertForEveryCut(bytes: Uint8Array, expected: Outcome, options?: EventStreamDecoderOptions): void {
  for (let offset = 0; offset <= bytes.length; offset += 1) {
    const chunks = [bytes.subarray(0, offset), bytes.subarray(offset)];
    assert.deepEqual(decodeChunks(chunks, options), expected, `cut at ${offset}`);
  }
  assert.deepEqual(decodeChunks(oneByteAtATime(bytes), options), expected, "byte by byte");
}

function* oneByteAtATime(bytes: Uint8Array): Generator<Uint8Array> {
  const chunk = new Uint8Array(1);
  for (const byte of bytes) {
    chunk[0] = byte;
    yield chunk;
  }
}

describe("EventStreamDecoder", () => {
  for (const [lineEnd, write] of Object.entries(LINE_ENDS)) {
    for (const { name, text, events, lastEventId, retry } of FIXTURES) {
      it(`${lineEnd}, cut anywhere: ${name}`, () => {
        assertForEveryCut(Buffer.from(write(text)), { events, lastEventId, retry, failure: undefined });
      });
    }
  }

  it("reads a stream cut at every two offsets at once", () => {
    const bytes = Buffer.from("\uFEFFid: €\r\ndata: 🚀\r\ndata\r\n\r\nevent:x\r\ndata: y\r\r");
    const expected = {
      events: [message("🚀\n", "€"), message("y", "€", "x")],
      lastEventId: "€",
      retry: undefined,
      failure: undefined,
    };
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        assert.deepEqual(decodeChunks(chunks), expected, `cut at ${first} and ${second}`);
      }
    }
  });

  it("replaces bytes that are not UTF-8, each kind as the Encoding standard counts them, wherever they are cut", () => {
    const bytes = Buffer.concat([
      Buffer.from("data: "),
      Buffer.from([0xff, 0xe2, 0x82, 0x41, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x9a]),
      Buffer.from("\n\nid: \n"),
      Buffer.from([0xef, 0xbb, 0x0a, 0x0a]),
    ]);
    const data = "\uFFFD\uFFFDA\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD";
    assertForEveryCut(bytes, { events: [message(data)], lastEventId: "", retry: undefined, failure: undefined });
  });

  it("returns an event as soon as its blank line is known, without waiting for an LF after CR", () => {
    const decoder = new EventStreamDecoder();
    assert.deepEqual(decodeText(decoder, "data: a\r\n\r"), [message("a")]);
    assert.deepEqual(decodeText(decoder, "\n"), []);
    assert.deepEqual(decodeText(decoder, "data: b\r"), []);
    assert.deepEqual(decodeText(decoder, "\r"), [message("b")]);
    assert.deepEqual(decodeText(decoder, "data: c\n"), []);
    assert.deepEqual(decodeText(decoder, "\n"), [message("c")]);
  });

  it("skips only one LF after CR, also after an empty chunk", () => {
    const decoder = new EventStreamDecoder();
    assert.deepEqual(decodeText(decoder, "data: a\r"), []);
    assert.deepEqual(decodeText(decoder, ""), []);
    assert.deepEqual(decodeText(decoder, "\n"), []);
    assert.deepEqual(decodeText(decoder, "\n"), [message("a")]);
  });

  it("sets lastEventId at the blank line and retry at its line", () => {
    const decoder = new EventStreamDecoder();
    assert.equal(decoder.lastEventId, "");
    assert.equal(decoder.retry, undefined);
    decodeText(decoder, "id: 1\nretry: 5\n");
    assert.equal(decoder.lastEventId, "");
    assert.equal(decoder.retry, 5);
    decodeText(decoder, "\n");
    assert.equal(decoder.lastEventId, "1");
  });

  it("starts with the last event ID that it was given", () => {
    const decoder = new EventStreamDecoder({ lastEventId: "7" });
    assert.equal(decoder.lastEventId, "7");
    assert.deepEqual(decodeText(decoder, "data: a\n\n"), [message("a", "7")]);
    assert.deepEqual(decodeText(decoder, "id\ndata: b\n\n"), [message("b")]);
  });

  it("gives a retry above every timer's limit as it was sent", () => {
    const decoder = new EventStreamDecoder();
    decodeText(decoder, "retry: 99999999999\n");
    assert.equal(decoder.retry, 99_999_999_999);
  });

  it("does not touch the bytes it is given", () => {
    const bytes = Buffer.from("\uFEFFdata: a\r\n\r\nda");
    const copy = Buffer.from(bytes);
    new EventStreamDecoder().decode(bytes);
    assert.deepEqual(bytes, copy);
  });

  it("agrees with a plain reading of the standard on random bytes in random chunks", () => {
    const random = createRandom(1);
    const names = ["data", "event", "id", "retry", "data:", "id: ", "retry:7"];
    const others = [":", " ", "\n", "\n", "\n", "\n\n", "\r", "\r\n", "\0", "\uFEFF", "7", "é", "🚀"];
    const tokens = [...names, ...others].map((token) => Buffer.from(token));
    tokens.push(Buffer.from([0xe2, 0x82]), Buffer.from([0xff]), Buffer.from([0xef, 0xbb]));
    const randomToken = (): Uint8Array => tokens[random(tokens.length)] ?? Buffer.of();
    for (let round = 0; round < 3000; round += 1) {
      const bytes = Buffer.concat(Array.from({ length: random(60) }, randomToken));
      const chunks: Uint8Array[] = [];
      for (let start = 0; start < bytes.length; ) {
        const end = start + random(8);
        chunks.push(bytes.subarray(start, end));
        start = end;
      }
      assert.deepEqual(decodeChunks(chunks), readPlainly(bytes), `round ${round}: ${bytes.toString("hex")}`);
    }
  });

  for (const [what, chunk] of [
    ["text", "data: a\n\n"],
    ["an array", [1]],
    ["an ArrayBuffer", new ArrayBuffer(1)],
    ["a DataView", new DataView(new ArrayBuffer(1))],
    ["an Uint16Array", new Uint16Array(1)],
    ["undefined", undefined],
  ] as const) {
    it(`throws a TypeError for ${what} and goes on unchanged`, () => {
      const decoder = new EventStreamDecoder();
      decodeText(decoder, "data: a\n");
      assert.throws(() => decoder.decode(chunk as unknown as Uint8Array), TypeError);
      assert.deepEqual(decodeText(decoder, "\n"), [message("a")]);
    });
  }

  for (const options of [
    { maxEventBytes: 0 },
    { maxEventBytes: -1 },
    { maxEventBytes: 1.5 },
    { maxEventBytes: Number.NaN },
    { maxEventBytes: Number.POSITIVE_INFINITY },
    { maxEventBytes: "1" },
    { maxEventBytes: null },
    { lastEventId: 1 },
    { lastEventId: null },
  ]) {
    it(`refuses ${Object.entries(options).join()} and names the option`, () => {
      const [name = ""] = Object.keys(options);
      assert.throws(() => new EventStreamDecoder(options as unknown as EventStreamDecoderOptions), {
        code: "INVALID_OPTION",
        message: new RegExp(`\\b${name}\\b`),
      });
    });
  }
});

/** HTML 9.2.5 and 9.2.6 read as plainly as possible, for a stream that is there as a whole. */
function readPlainly(bytes: Uint8Array): Outcome {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\r|\n/);
  lines.pop();
  const events: DecodedEvent[] = [];
  let data = "";
  let type = "";
  let id = "";
  let lastEventId = "";
  let retry: number | undefined;
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:]*)(?::\u0020?(.*))?$/s.exec(line) ?? [];
    if (line === "") {
      lastEventId = id;
      if (data !== "") {
        events.push(message(data.slice(0, -1), id, type || "message"));
      }
      data = "";
      type = "";
    } else if (name === "data") {
      data += `${value}\n`;
    } else if (name === "event") {
      type = value;
    } else if (name === "id" && !value.includes("\0")) {
      id = value;
    } else if (name === "retry" && /^\d+$/.test(value)) {
      retry = Number.parseInt(value, 10);
    }
  }
  return { events, lastEventId, retry, failure: undefined };
}

describe("EventStreamDecoder.end", () => {
  it("discards the unfinished event, with its type and id", () => {
    const decoder = new EventStreamDecoder();
    decodeText(decoder, "id: 1\ndata: a\n\nid: 2\nevent: x\ndata: b\ndata: c");
    decoder.end();
    assert.deepEqual(decodeText(decoder, "data: d\n\n"), [message("d", "1")]);
  });

  it("keeps lastEventId and retry for the next connection", () => {
    const decoder = new EventStreamDecoder();
    decodeText(decoder, "retry: 5\nid: 1\n\n");
    decoder.end();
    assert.equal(decoder.lastEventId, "1");
    assert.equal(decoder.retry, 5);
    assert.deepEqual(decodeText(decoder, "data: a\n\n"), [message("a", "1")]);
  });

  it("lets the next stream start with a byte order mark", () => {
    const decoder = new EventStreamDecoder();
    assert.deepEqual(decodeText(decoder, "\uFEFFdata: a\n\n"), [message("a")]);
    assert.deepEqual(decodeText(decoder, "\uFEFFdata: b\n\n"), []);
    decoder.end();
    assert.deepEqual(decodeText(decoder, "\uFEFFdata: c\n\n"), [message("c")]);
  });

  it("does not skip an LF of the next stream", () => {
    const decoder = new EventStreamDecoder();
    decodeText(decoder, "data: a\r");
    decoder.end();
    // The LF is a blank first line, so the byte order mark after it is text and spoils the field name.
    assert.deepEqual(decodeText(decoder, "\n\uFEFFdata: b\n\n"), []);
  });

  it("gives the next event its whole limit again", () => {
    const decoder = new EventStreamDecoder({ maxEventBytes: 10 });
    decodeText(decoder, "data: abc\n");
    decoder.end();
    assert.deepEqual(decodeText(decoder, "data: abcd\n\n"), [message("abcd")]);
  });
});

describe("EventStreamDecoder maxEventBytes", () => {
  it("is 16 MiB by default", () => {
    assert.equal(DEFAULT_MAX_EVENT_BYTES, 16 * 1024 * 1024);
    const decoder = new EventStreamDecoder();
    const longest = Buffer.alloc(DEFAULT_MAX_EVENT_BYTES, "x");
    assert.deepEqual(decoder.decode(longest), []);
    assert.throws(() => decodeText(decoder, "x"), TOO_LARGE);
  });

  const limited: readonly (readonly [behaviour: string, text: string, events: DecodedEvent[], failure?: string])[] = [
    ["takes a line of the limit", "data:67890\n\n", [message("67890")]],
    ["refuses a longer line", "data:678901\n\n", [], "EVENT_TOO_LARGE"],
    ["refuses a longer line without its end", "data:678901", [], "EVENT_TOO_LARGE"],
    ["refuses a longer comment", ":2345678901\n", [], "EVENT_TOO_LARGE"],
    ["counts characters as bytes", "data:€12\n\n", [message("€12")]],
    ["refuses too many bytes in few characters", "data:€€\n\n", [], "EVENT_TOO_LARGE"],
    ["adds up the lines of an event", "data:\ndata:\n\n", [message("\n")]],
    ["refuses lines that are too large together", "data:\ndata:1\n\n", [], "EVENT_TOO_LARGE"],
    ["takes an id and a type of the limit", "id:12\nevent", []],
    ["counts the line of the id", "id:12\nevent:", [], "EVENT_TOO_LARGE"],
    ["counts the line of the type", "event:1\ndata", [], "EVENT_TOO_LARGE"],
    ["counts each event for itself", "data:67890\n\ndata:67890\n\n", [message("67890"), message("67890")]],
    ["does not count finished comments", `data:1\n${":12\n".repeat(20)}\n`, [message("1")]],
    ["does not count ignored lines", `data:1\n${"foo\nid:\0\n".repeat(20)}\n`, [message("1")]],
    ["does not count retry", `data\n${"retry:\n".repeat(20)}\n`, [message("")]],
    ["returns the events before the large one", "data:1\n\ndata:678901\n\n", [message("1")], "EVENT_TOO_LARGE"],
  ];
  for (const [behaviour, text, events, failure] of limited) {
    it(`${behaviour}, cut anywhere`, () => {
      for (const write of Object.values(LINE_ENDS)) {
        const expected = { events, lastEventId: "", retry: undefined, failure };
        assertForEveryCut(Buffer.from(write(text)), expected, { maxEventBytes: 10 });
      }
    });
  }

  it("takes a year of heartbeats without a blank line", () => {
    const decoder = new EventStreamDecoder({ maxEventBytes: 100 });
    decodeText(decoder, "data: a\n");
    const heartbeats = Buffer.from(":\n".repeat(2_100_000));
    assert.deepEqual(decoder.decode(heartbeats), []);
    assert.deepEqual(decodeText(decoder, "\n"), [message("a")]);
  });

  it("fails for good: every later call throws the same error", () => {
    const decoder = new EventStreamDecoder({ maxEventBytes: 10 });
    assert.deepEqual(decodeText(decoder, "id: 1\n\n"), []);
    let first: unknown;
    assert.throws(
      () => decodeText(decoder, "data: too large"),
      (error) => {
        first = error;
        return true;
      },
    );
    const isFirst = (error: unknown): boolean => error === first;
    assert.throws(() => decodeText(decoder, "\n\n"), isFirst);
    assert.throws(() => decoder.end(), isFirst);
    assert.throws(() => decodeText(decoder, "data: a\n\n"), isFirst);
    assert.equal(decoder.lastEventId, "1");
  });

  it("returns the events that came before in the chunk, then throws from decode or end", () => {
    const text = "data: a\n\ndata: too large\n\ndata: b\n\n";
    const decoding = new EventStreamDecoder({ maxEventBytes: 10 });
    assert.deepEqual(decodeText(decoding, text), [message("a")]);
    assert.throws(() => decodeText(decoding, ""), TOO_LARGE);
    const ending = new EventStreamDecoder({ maxEventBytes: 10 });
    assert.deepEqual(decodeText(ending, text), [message("a")]);
    assert.throws(() => ending.end(), TOO_LARGE);
  });
});

/** Bytes that count how many of them were searched. */
class CountingBytes extends Uint8Array {
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  searched = 0;

  override indexOf(byte: number, from = 0): number {
    const index = super.indexOf(byte, from);
    this.searched += (index === -1 ? this.length : index + 1) - from;
    return index;
  }
}

// A quadratic decoder would need minutes or hours for the large ones.
describe("EventStreamDecoder in linear time", () => {
  it("reads ten megabytes on one line in chunks of 64 KiB and of 100 bytes", () => {
    const data = "x".repeat(10_000_000);
    const bytes = Buffer.from(`data: ${data}\n\n`);
    for (const size of [64 * 1024, 100]) {
      const { events } = decodeChunks(cutEvery(bytes, size));
      assert.equal(events.length, 1);
      assert.equal(events[0]?.data === data, true);
    }
  });

  it("reads a megabyte on one line byte by byte", () => {
    const data = "x".repeat(1_000_000);
    const { events } = decodeChunks(oneByteAtATime(Buffer.from(`data: ${data}\n\n`)));
    assert.equal(events.length, 1);
    assert.equal(events[0]?.data === data, true);
  });

  for (const lineEnd of ["\n", "\r", "\r\n"]) {
    it(`searches a chunk with ${JSON.stringify(lineEnd)} once for CR and once for LF`, () => {
      const chunk = new CountingBytes(Buffer.from(`data${lineEnd}`.repeat(1000)));
      assert.deepEqual(new EventStreamDecoder().decode(chunk), []);
      assert.ok(chunk.searched > 0 && chunk.searched <= 3 * chunk.length, `${chunk.searched} of ${chunk.length} bytes`);
    });
  }

  for (const [lineEnd, write] of Object.entries(LINE_ENDS)) {
    it(`reads a million ${lineEnd} line ends in one chunk`, () => {
      const { events } = decodeChunks([Buffer.from(write(`${"data\n".repeat(500_000)}\n${"\n".repeat(500_000)}`))]);
      assert.equal(events.length, 1);
      assert.equal(events[0]?.data === "\n".repeat(499_999), true);
    });
  }
});
