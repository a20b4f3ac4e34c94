import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_MAX_EVENT_BYTES, EventStreamDecoder } from "../../dist/protocol/decode.js";
import { assertForEveryCut, cutEvery, decodeChunks, decodeText, message, oneByteAtATime } from "./connection.ts";
import { LINE_ENDS } from "./streams.ts";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

const TOO_LARGE = { name: "TailcastError", code: "EVENT_TOO_LARGE" };

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

  it("fails permanently: every later call throws the same error", () => {
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

  for (const [lineEnd, other] of ["\n\r", "\r\n"]) {
    it(`reads ten megabytes with ${JSON.stringify(lineEnd)}, and ${JSON.stringify(other)} at the end`, () => {
      const { events } = decodeChunks([Buffer.from(`data: ${`a${lineEnd}`.repeat(5_000_000)}${other}${other}`)]);
      assert.equal(events.length, 1);
    });
  }

  it("counts text that is not ASCII once for each event, in any chunks", () => {
    const data = "构建".repeat(1_000_000);
    const bytes = Buffer.from(`data: ${data}\n\n`);
    for (const size of [64 * 1024, 100]) {
      assert.equal(decodeChunks(cutEvery(bytes, size), { maxEventBytes: bytes.length }).events.length, 1);
      assert.equal(decodeChunks(cutEvery(bytes, size), { maxEventBytes: bytes.length - 3 }).failure, "EVENT_TOO_LARGE");
    }
  });

  for (const [lineEnd, write] of Object.entries(LINE_ENDS)) {
    it(`reads a million ${lineEnd} line ends in one chunk`, () => {
      const { events } = decodeChunks([Buffer.from(write(`${"data\n".repeat(500_000)}\n${"\n".repeat(500_000)}`))]);
      assert.equal(events.length, 1);
      assert.equal(events[0]?.data === "\n".repeat(499_999), true);
    });
  }
});
