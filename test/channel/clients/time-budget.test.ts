import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TimeBudget } from "../../../dist/channel/clients/time-budget.js";

describe("TimeBudget", () => {
  it("gives its share after work, and saves up no more than a burst", (t) => {
    let now = 1000;
    t.mock.method(performance, "now", () => now);
    const share = new TimeBudget(0.25, 10);
    const work = (milliseconds: number): void => {
      const start = now;
      now += milliseconds;
      share.note(start);
    };
    assert.equal(share.wait(), 0);
    // Time that passes meanwhile counts as well.
    work(8);
    assert.equal(share.wait(), 0);
    work(8);
    // 10 saved at first, 16 spent, and 4 of those are saved again.
    assert.equal(share.wait(), 8);
    now += 8;
    assert.equal(share.wait(), 0);
    work(1);
    assert.equal(share.wait(), 3);
    now += 100_000;
    assert.equal(share.wait(), 0);
    work(12);
    assert.equal(share.wait(), 0);
    work(8);
    assert.equal(share.wait(), 20);
  });
});
