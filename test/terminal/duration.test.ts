import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDuration } from "../../dist/terminal/duration.js";

describe("formatDuration()", () => {
  const cases: readonly (readonly [milliseconds: number, text: string])[] = [
    [-40, "0 s"],
    [0, "0 s"],
    [49, "0 s"],
    [50, "0.1 s"],
    [2345, "2.3 s"],
    [30_000, "30 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min"],
    [60_000, "1 min"],
    [125_400, "2 min 5 s"],
    [187_000, "3 min 7 s"],
    [1_800_000, "30 min"],
    [3_599_600, "1 h"],
    [4_230_000, "1 h 10 min"],
    [90_000_000, "25 h"],
  ];
  for (const [milliseconds, text] of cases) {
    it(`writes ${milliseconds} ms as ${text}`, () => assert.equal(formatDuration(milliseconds), text));
  }

  it("counts the whole seconds that have passed while it grows", () => {
    assert.equal(formatDuration(-1, true), "0 s");
    assert.equal(formatDuration(999, true), "0 s");
    assert.equal(formatDuration(9999, true), "9 s");
    assert.equal(formatDuration(59_999, true), "59 s");
    assert.equal(formatDuration(60_000, true), "1 min");
    assert.equal(formatDuration(61_999, true), "1 min 1 s");
  });
});
