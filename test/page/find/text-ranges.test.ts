import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { textRanges } from "../../../dist/page/find/text-ranges.js";
import { linePattern } from "../../../dist/terminal/line-pattern.js";

function rangesOf(query: string, text: string, isRegex = false): string[] {
  const pattern = linePattern({ text: query, isRegex, isCaseSensitive: false }, "g");
  return textRanges(pattern, text).map(({ start, end }) => text.slice(start, end));
}

describe("textRanges", () => {
  it("finds a text literally, in any case", () => {
    assert.deepEqual(rangesOf("a.b", "A.B axb a.b"), ["A.B", "a.b"]);
  });

  it("finds what a regular expression matches, except empty matches", () => {
    assert.deepEqual(rangesOf("b*", "abba", true), ["bb"]);
  });

  it("finds at most 500 matches", () => {
    assert.equal(rangesOf("a", "a".repeat(10_000)).length, 500);
  });

  it("ends for empty matches", () => {
    assert.deepEqual(rangesOf("", "a".repeat(1000), true), []);
  });
});
