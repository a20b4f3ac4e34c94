import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Hits } from "../../../dist/streams/search/hits.js";
import { createRandom } from "../../support/random.js";

describe("Hits", () => {
  it("returns each line once, in ascending order, up to a line", () => {
    const hits = new Hits(1, 100);
    for (let number = 1; number <= 10; number++) hits.set(number, number % 3 === 0);
    assert.deepEqual(hits.take(5), { lines: [3], removed: [] });
    assert.deepEqual(hits.take(-100), { lines: [], removed: [] });
    assert.deepEqual(hits.take(10), { lines: [6, 9], removed: [] });
    assert.deepEqual(hits.take(10), { lines: [], removed: [] });
    assert.equal(hits.count, 3);
  });

  it("counts a line once, by its last state", () => {
    const hits = new Hits(1, 100);
    for (const isHit of [true, true, false, true]) hits.set(7, isHit);
    hits.set(8, true);
    hits.set(8, false);
    assert.equal(hits.count, 1);
    assert.deepEqual(hits.take(10), { lines: [7], removed: [] });
  });

  it("reports lines that change after they were taken", () => {
    const hits = new Hits(1, 100);
    for (const number of [1, 2, 3]) hits.set(number, number < 3);
    hits.take(3);
    hits.set(3, true);
    hits.set(2, false);
    hits.set(1, false);
    hits.set(1, true);
    hits.set(4, true);
    assert.deepEqual(hits.take(4), { lines: [3, 4], removed: [2] });
    assert.equal(hits.count, 3);
    hits.set(2, true);
    assert.deepEqual(hits.take(4), { lines: [2], removed: [] });
  });

  it("counts all hits, and returns no more than the limit", () => {
    const hits = new Hits(1, 3);
    for (let number = 1; number <= 5; number++) hits.set(number, true);
    assert.deepEqual(hits.take(5).lines, [1, 2, 3]);
    assert.deepEqual([hits.count, hits.hasOmitted], [5, true]);
    assert.equal(new Hits(1, 0).hasOmitted, false);
  });

  it("needs little memory for lines with high numbers", () => {
    const first = 2 ** 40 - 5;
    const hits = new Hits(first, 10);
    for (let number = first; number < first + 5; number++) hits.set(number, true);
    assert.deepEqual(hits.take(first + 5).lines, [0, 1, 2, 3, 4].map((index) => first + index));
  });

  it("agrees with a set of the last states, whatever the order", () => {
    const random = createRandom(7);
    for (let round = 0; round < 50; round++) {
      const hits = new Hits(1, Infinity);
      const expected = new Set<number>();
      const seen = new Set<number>();
      for (let step = 0; step < 200; step++) {
        const number = 4050 + random(100);
        if (random(2) === 0) expected.add(number);
        else expected.delete(number);
        hits.set(number, expected.has(number));
        if (random(10) > 0 && step < 199) continue;
        const { lines, removed } = hits.take(step < 199 ? 4000 + step : 5000);
        for (const line of lines) assert.equal(seen.has(line), false);
        for (const line of lines) seen.add(line);
        for (const line of removed) assert.ok(seen.delete(line));
      }
      assert.deepEqual([...seen].sort(), [...expected].sort());
      assert.equal(hits.count, expected.size);
    }
  });
});
