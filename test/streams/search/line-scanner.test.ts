import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineScanner, highestNumber } from "../../../dist/streams/search/line-scanner.js";
import { plainText } from "../../../dist/terminal/plain-text.js";
import { logOf } from "../../support/logs.js";
import type { LineState } from "../../support/logs.js";

/** The lines that a scanner finds in some events. */
function scan(events: string, scanner: LineScanner = new LineScanner()): [number, string][] {
  const found: [number, string][] = [];
  scanner.scan(Buffer.from(events), (number, text) => found.push([number, text]));
  return found;
}

const TEXTS = [
  "",
  "plain",
  'a "quoted" \\ path',
  '","time":"2026-01-01T10:00:00.000Z"}',
  '"text":"',
  '\ndata: {"number":5,',
  "tab\tescape\x1b[31mred\x1b[0m\0\x7f\x85",
  "\x1b[1;38;5;208mstyled\x1b[m",
  "\\\x1b[0mu001b[0m and \\u001b[0m",
  "\x1b[0m\\",
  "\x1b]8;;https://example.com/\x1b\\link\x1b]8;;\x1b\\",
  "größe ✓ 🎉 \u2028 \u202e",
  "\ud800 lone",
  "del\x7f",
];

describe("LineScanner", () => {
  for (const [index, text] of TEXTS.entries()) {
    it(`finds the plain text of ${JSON.stringify(text)}`, () => {
      assert.deepEqual(scan(logOf([text])), [[1, plainText(text)]]);
      const open = { text, open: true } as const;
      const others = TEXTS.slice(0, index);
      const expected = [...others, text, text, "last"].map((line, at) => [at + 1, plainText(line)]);
      assert.deepEqual(scan(logOf([...others, text, open, "last"])), expected);
    });
  }

  it("visits every state of a line, and knows the highest number", () => {
    const scanner = new LineScanner();
    const states: LineState[] = ["a", "b", { number: 1, text: "c" }, { number: 3, text: "d" }];
    assert.deepEqual(scan(logOf(states), scanner), [[1, "a"], [2, "b"], [1, "c"], [3, "d"]]);
    assert.equal(scanner.last, 3);
    assert.deepEqual(scan("", scanner), []);
  });

  it("reads lines that differ from those of the server", () => {
    const data = [
      '{"number":1,"text":"other order","step":null,"time":"x","stream":"stdout"}',
      '{"number":2,"step":null,"stream":"stdout","text":"a","time":"short"}',
      '{"number":3,"step":"a \\"text\\":\\" b","stream":"stdout","text":"a","time":"2026-01-01T10:00:00.000Z"}',
      '{"number":4,"step":null}',
      '{"number":-5,"step":null,"stream":"stdout","text":"negative","time":"2026-01-01T10:00:00.000Z"}',
      '{"number":99999999999999999999,"text":"huge","time":"2026-01-01T10:00:00.000Z"}',
      '{"number":7.5,"text":"fraction","time":"2026-01-01T10:00:00.000Z"}',
      '{"number":',
      '{"number":9,"step":null,"stream":"stdout","text":"bad \\escape","time":"2026-01-01T10:00:00.000Z"}',
    ];
    const events = data.map((line) => `event: line\nid: a-1\ndata: ${line}\n\n`).join("");
    assert.deepEqual(scan(events), [
      [1, "other order"],
      [2, "a"],
      [3, "a"],
      [4, data[3]],
      [5, "negative"],
      [6, "huge"],
      [7, "fraction"],
      [8, data[7]],
      [9, data[8]],
    ]);
  });

  it("finds no line in other events", () => {
    assert.deepEqual(scan('event: build\nid: a-1\ndata: {"id":"a","number":1}\n\n'), []);
  });
});

describe("highestNumber()", () => {
  it("is that of a line anywhere, also when the bytes start in an event", () => {
    const log = logOf(["a", "b", { number: 12, text: "c" }, { number: 3, text: "redrawn" }]);
    assert.equal(highestNumber(Buffer.from(log)), 12);
    assert.equal(highestNumber(Buffer.from(log.slice(100))), 12);
    assert.equal(highestNumber(Buffer.from(log.slice(0, 20))), 0);
  });
});
