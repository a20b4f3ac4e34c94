import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { splitSpans } from "../../../dist/page/line/split-spans.js";

const SPANS = [
  { text: "abc", classes: "" },
  { text: "def", classes: "bold" },
];

function split(...ranges: (readonly [start: number, end: number])[]): string[] {
  const parts = splitSpans(
    SPANS,
    ranges.map(([start, end]) => ({ start, end })),
    (span) => ({ ...span, text: `<${span.text}>` }),
  );
  return parts.map(({ text, classes }) => (classes === "" ? text : `${text}:${classes}`));
}

describe("splitSpans()", () => {
  it("changes the parts of spans within a range", () => {
    assert.deepEqual(split(), ["abc", "def:bold"]);
    assert.deepEqual(split([1, 2]), ["a", "<b>", "c", "def:bold"]);
    assert.deepEqual(split([2, 4]), ["ab", "<c>", "<d>:bold", "ef:bold"]);
    assert.deepEqual(split([0, 6]), ["<abc>", "<def>:bold"]);
    assert.deepEqual(split([0, 1], [1, 2], [5, 6]), ["<a>", "<b>", "c", "de:bold", "<f>:bold"]);
    assert.deepEqual(split([3, 3]), ["abc", "def:bold"]);
  });
});
