import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { StreamExplainer, explain } from "../../dist/protocol/explain.js";
import { STREAM_FAULTS } from "../../dist/protocol/stream-fault.js";
import { cutEvery, decodeChunks, message, oneByteAtATime } from "./connection.ts";
import { createRandom } from "../support/random.ts";
import { FIXTURES, LINE_ENDS } from "./streams.ts";
import { readWireTables } from "./wire-table.ts";
import type { ExplainedLine } from "../../dist/protocol/explain.js";

function explainChunks(chunks: Iterable<Uint8Array>): { lines: ExplainedLine[]; explainer: StreamExplainer } {
  const explainer = new StreamExplainer();
  const lines: ExplainedLine[] = [];
  for (const chunk of chunks) lines.push(...explainer.explain(chunk));
  return { lines: [...lines, ...explainer.end()], explainer };
}

/** Fails unless the lines hold exactly the bytes, and the outcome of the decoder. */
function assertAgrees(bytes: Uint8Array, label: string): void {
  const { lines, explainer } = explainChunks([bytes]);
  assert.ok(Buffer.concat(lines.map((line) => line.bytes)).equals(bytes), label);
  assert.deepEqual(lines.map(({ number }) => number), lines.map((_, index) => index + 1), label);
  const { lastEventId, retry } = explainer;
  const events = lines.flatMap(({ event }) => (event === undefined ? [] : [event]));
  assert.deepEqual({ events, lastEventId, retry, failure: undefined }, decodeChunks([bytes]), label);
}

/** The kinds of all lines, each with its faults. */
function summary(text: string | Uint8Array): string[] {
  return explain(Buffer.from(text)).map(({ kind, faults }) => [kind, ...faults].join(" "));
}

const PIECES = [
  ..."\n\n\n\n\r\r",
  "\r\n",
  ..."::: ad\0{}",
  "\uFEFF",
  "data",
  "data: ",
  "event: ",
  "id: ",
  "id",
  "retry:",
  "7",
  "Data:",
  "é€🚀",
];
const BROKEN_BYTES = [0xff, 0xe2, 0x82, 0xc0, 0xed, 0xa0, 0xf0, 0x9f, 0xef, 0xbb, 0xbf];

describe("explain", () => {
  it("agrees with the decoder on the fixtures and on each row of the README", () => {
    for (const { name, text } of FIXTURES) {
      for (const [end, write] of Object.entries(LINE_ENDS)) assertAgrees(Buffer.from(write(text)), `${end}: ${name}`);
    }
    for (const { chunks, source } of readWireTables()) assertAgrees(Buffer.concat(chunks), source);
  });

  it("agrees with the decoder on 20 000 random streams, and does not depend on where they are cut", () => {
    const random = createRandom(20_261_128);
    for (let round = 0; round < 20_000; round += 1) {
      const parts = Array.from({ length: random(24) }, () =>
        random(12) === 0
          ? Buffer.from([BROKEN_BYTES[random(BROKEN_BYTES.length)] ?? 0])
          : Buffer.from(PIECES[random(PIECES.length)] ?? ""),
      );
      const bytes = Buffer.concat(parts);
      const label = `round ${round}: ${JSON.stringify(bytes.toString("latin1"))}`;
      assertAgrees(bytes, label);
      const chunks = round % 2 === 0 ? oneByteAtATime(bytes) : cutEvery(bytes, 2 + random(5));
      // Plain arrays: a Buffer and a Uint8Array with the same bytes are not deeply equal.
      const plain = ({ lines }: { lines: ExplainedLine[] }): unknown =>
        lines.map((line) => ({ ...line, bytes: [...line.bytes] }));
      assert.deepEqual(plain(explainChunks(chunks)), plain(explainChunks([bytes])), label);
    }
  });

  it("cuts a stream at each pair of offsets to the same lines", () => {
    const bytes = Buffer.from("\uFEFFid: €\r\ndata: 🚀\r\ndata\r\n\r\nevent:x\r\ndata: y\r\r");
    const lines = explain(bytes);
    for (let first = 0; first <= bytes.length; first += 1) {
      for (let second = first; second <= bytes.length; second += 1) {
        const chunks = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        assert.deepEqual(explainChunks(chunks).lines, lines, `cut at ${first} and ${second}`);
      }
    }
  });

  it("says what a client does with each line", () => {
    const lines = explain(Buffer.from(": hi\nretry: 500\nevent: add\nid: 7\ndata: a\ndata:b\nsize: 3\n\ndata"));
    assert.deepEqual(lines.map(({ text, kind, value, rule }) => [text, kind, value, rule]), [
      [": hi", "comment", " hi", "A comment: the client ignores it."],
      ["retry: 500", "retry", "500", "Sets the reconnection time at once."],
      ["event: add", "event", "add", "Sets the event type."],
      ["id: 7", "id", "7", "Sets the last event ID, from the blank line."],
      ["data: a", "data", "a", "Starts the data."],
      ["data:b", "data", "b", "Adds a line to the data."],
      ["size: 3", "ignored", "3", "The client ignores the line."],
      ["", "blank", "", "Dispatches the event."],
      ["data", "end", "", "The stream ends; the unfinished block is discarded."],
    ]);
    assert.deepEqual(lines[7]?.event, message("a\nb", "7", "add"));
    assert.deepEqual(lines.filter(({ isIgnored }) => isIgnored).map(({ number }) => number), [7]);
  });

  const cases: readonly (readonly [wire: string | Uint8Array, lines: readonly string[]])[] = [
    ["data: a\n\n", ["data", "blank", "end"]],
    [":\n\n", ["comment", "blank blank-after-comment", "end"]],
    ["retry: 5\n\n", ["retry", "blank blank-after-comment", "end"]],
    ["\n", ["blank extra-blank", "end"]],
    ["id: 7\n\n", ["id", "blank fires-nothing", "end"]],
    ["event: a\n\n", ["event", "blank fires-nothing", "end"]],
    ["id\n\n", ["id", "blank fires-nothing", "end"]],
    ["size: 1\n\n", ["ignored unknown-field", "blank", "end"]],
    ["DATA: a\n", ["ignored field-case", "end"]],
    ["Retry:5\n", ["ignored field-case", "end"]],
    ["data : a\n data:b\n", ["ignored name-space", "ignored name-space", "end"]],
    ["data: a\nb\n\n", ["data", "ignored lost-line", "blank", "end"]],
    ["data: a\nhttp://b c\n\n", ["data", "ignored unknown-field", "blank", "end"]],
    ["data: a\n\n\uFEFFdata: b\n\n", ["data", "blank", "ignored byte-order-mark", "blank", "end"]],
    ["\uFEFFdata: a\n\n", ["data", "blank", "end"]],
    ["id: a\0\ndata: b\n\n", ["id id-with-nul", "data", "blank", "end"]],
    ["retry: 5s\n", ["retry retry-not-digits", "end"]],
    ["retry\n", ["retry retry-not-digits", "end"]],
    ["data: a\r\r", ["data cr-only", "blank cr-only", "end"]],
    [Buffer.from("data: \xff\n\n", "latin1"), ["data invalid-utf8", "blank", "end"]],
    ["data: \uFFFD\n\n", ["data", "blank", "end"]],
    ["data: a\n", ["data", "end unfinished-event"]],
    ["id: 7\n", ["id", "end unfinished-event"]],
    [":\nretry: 5\n", ["comment", "retry", "end"]],
    ["data: a\n\nretry: 5", ["data", "blank", "end unfinished-event"]],
    ['data: {\n"a": 1\n}\n\n', ["data", "ignored lost-line", "ignored lost-line", "blank broken-json", "end"]],
    ['size: 9\ndata: {\n}\n\n', ["ignored unknown-field", "data", "ignored lost-line", "blank broken-json", "end"]],
    ['data: {"a": "b\ndata: c"}\n\n', ["data", "data", "blank broken-json", "end"]],
    ['data: {\ndata: "a": 1}\n\n', ["data", "data", "blank", "end"]],
    ["data: [a\ndata: b]\n\n", ["data", "data", "blank", "end"]],
  ];
  for (const [wire, lines] of cases) {
    it(`finds the faults of ${JSON.stringify(String(wire))}`, () => assert.deepEqual(summary(wire), lines));
  }

  it("has a case for each fault", () => {
    const found = new Set(cases.flatMap(([, lines]) => lines.flatMap((line) => line.split(" ").slice(1))));
    assert.deepEqual([...found].sort(), Object.keys(STREAM_FAULTS).sort());
  });

  it("refuses a block above 16 MiB, of one line or of many", () => {
    const chunk = Buffer.alloc(1024 * 1024, "a");
    const feed = (start: string, end: string): void => {
      const explainer = new StreamExplainer();
      const piece = Buffer.concat([Buffer.from(start), chunk, Buffer.from(end)]);
      for (let count = 0; count <= 16; count += 1) explainer.explain(piece);
    };
    assert.throws(() => feed("", ""), { code: "EVENT_TOO_LARGE" });
    assert.throws(() => feed("data: ", "\n"), { code: "EVENT_TOO_LARGE" });
    feed(":", "\n");
    feed("size: ", "\n");
  });
});
