import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import { assertForEveryCut, decodeChunks, decodeText, message } from "./connection.ts";
import { createRandom } from "../support/random.ts";
import { FIXTURES, LINE_ENDS } from "./streams.ts";
import type { DecodedEvent, EventStreamDecoderOptions } from "../../dist/protocol/decode.js";
import type { Outcome } from "./connection.ts";

describe("EventStreamDecoder", () => {
  for (const [lineEnd, write] of Object.entries(LINE_ENDS)) {
    for (const { name, text, events, lastEventId, retry } of FIXTURES) {
      it(`${lineEnd}, cut anywhere: ${name}`, () => {
        assertForEveryCut(Buffer.from(write(text)), { events, lastEventId, retry, failure: undefined });
      });
    }
  }

  it("reads a stream cut at each pair of offsets", () => {
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

  it("returns a retry above the limit of timers as it was sent", () => {
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
    it(`throws a TypeError for ${what} and stays unchanged`, () => {
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

/** A plain implementation of HTML 9.2.5 and 9.2.6, for a complete stream. */
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
