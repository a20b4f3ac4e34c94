import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatDuration } from "../../dist/runner/duration.js";

describe("formatDuration()", () => {
  const cases: readonly (readonly [milliseconds: number, text: string])[] = [
    [0, "0 s"],
    [49, "0 s"],
    [50, "0.1 s"],
    [2345, "2.3 s"],
    [30_000, "30 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min"],
    [60_000, "1 min"],
    [125_400, "2 min 5 s"],
    [1_800_000, "30 min"],
    [3_599_600, "1 h"],
    [4_230_000, "1 h 10 min"],
    [90_000_000, "25 h"],
  ];
  for (const [milliseconds, text] of cases) {
    it(`writes ${milliseconds} ms as ${text}`, () => assert.equal(formatDuration(milliseconds), text));
  }
});
