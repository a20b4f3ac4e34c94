import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GapPause } from "../../../dist/page/server/gap-pause.js";

describe("GapPause", () => {
  it("has no pause after a single gap, and longer ones after each further gap, until a calm time", () => {
    const gaps = new GapPause();
    let now = 1_000_000;
    const pauses = Array.from({ length: 8 }, () => {
      const pause = gaps.next(now, 1);
      now += pause + 9000;
      return pause;
    });
    assert.deepEqual(pauses, [0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    assert.equal(gaps.next(now, 0), 15_000);
    assert.equal(gaps.next(now + 25_000, 1), 0);
  });
});
