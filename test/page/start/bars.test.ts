import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { barsOf, describeDurations } from "../../../dist/page/start/bars.js";

describe("barsOf", () => {
  it("is proportional to the longest, from the left", () => {
    assert.deepEqual(barsOf([14_000, 28_000]), [
      { x: 0, y: 14, width: 4, height: 14 },
      { x: 6, y: 0, width: 4, height: 28 },
    ]);
  });

  it("shows the last twenty, and a short one too", () => {
    const bars = barsOf([999, ...Array.from({ length: 19 }, () => 1), 1_000_000]);
    assert.equal(bars.length, 20);
    assert.deepEqual(bars[0], { x: 0, y: 26, width: 4, height: 2 });
  });

  it("is empty without durations, and flat if all are zero", () => {
    assert.deepEqual(barsOf([]), []);
    assert.deepEqual(barsOf([0]).map(({ height }) => height), [2]);
  });
});

describe("describeDurations", () => {
  it("names the range and the usual duration", () => {
    assert.equal(describeDurations([]), "");
    assert.equal(describeDurations([2000]), "1 build that succeeded: 2 s to 2 s, usually 2 s");
    const text = "The last 3 builds that succeeded: 2 s to 1 min, usually 3 s";
    assert.equal(describeDurations([60_000, 2000, 3000]), text);
  });
});
