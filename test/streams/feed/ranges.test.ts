import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FeedRanges } from "../../../dist/streams/feed/ranges.js";

/** The content of the feed, event by event. */
function events(ranges: FeedRanges): (string | undefined)[] {
  const found = [];
  for (let sequence = ranges.start; sequence < ranges.end; sequence++) {
    const range = ranges.at(sequence);
    found.push(range && `${range.buildId}-${range.first + sequence - range.start}`);
  }
  return found;
}

describe("FeedRanges", () => {
  it("maps each event of the feed to an event of a build", () => {
    const ranges = new FeedRanges();
    assert.deepEqual([ranges.start, ranges.end, ranges.length, ranges.at(1)], [1, 1, 0, undefined]);
    ranges.add("a", 1, 2);
    ranges.add("a", 3, 1);
    ranges.add("b", 1, 1);
    ranges.add("a", 4, 2);
    // One that was not to be had is left out.
    ranges.add("a", 7, 1);
    assert.deepEqual(events(ranges), ["a-1", "a-2", "a-3", "b-1", "a-4", "a-5", "a-7"]);
    assert.deepEqual([ranges.start, ranges.end, ranges.length], [1, 8, 4]);
    assert.deepEqual([ranges.at(0), ranges.at(8)], [undefined, undefined]);
    assert.deepEqual([ranges.reached("a"), ranges.reached("b"), ranges.reached("c")], [7, 1, 0]);
  });

  it("finds each of many ranges", () => {
    const ranges = new FeedRanges(100);
    const expected = [];
    for (let number = 1; number <= 300; number++) {
      ranges.add(number % 2 === 0 ? "a" : "b", number, 2);
      expected.push(`${number % 2 === 0 ? "a" : "b"}-${number}`, `${number % 2 === 0 ? "a" : "b"}-${number + 1}`);
    }
    assert.deepEqual(events(ranges), expected);
    assert.deepEqual([ranges.start, ranges.end], [100, 700]);
  });

  it("removes a build with everything before its end, and knows how far the others are", () => {
    const ranges = new FeedRanges();
    ranges.add("a", 1, 1);
    ranges.add("b", 1, 2);
    ranges.add("a", 2, 1);
    ranges.add("c", 1, 1);
    ranges.forget("x");
    assert.equal(ranges.start, 1);
    ranges.forget("a");
    assert.deepEqual(events(ranges), ["c-1"]);
    assert.deepEqual([ranges.start, ranges.end, ranges.forgotten], [5, 6, 3]);
    assert.deepEqual(
      [...ranges.builds],
      [
        ["b", 2],
        ["c", 1],
      ],
    );
    ranges.forget("c");
    assert.deepEqual([ranges.start, ranges.end, ranges.length], [6, 6, 0]);
    ranges.add("d", 1, 1);
    assert.deepEqual(events(ranges), ["d-1"]);
  });

  it("removes the oldest ranges, and still knows how far their builds were", () => {
    const ranges = new FeedRanges();
    ranges.add("a", 1, 3);
    ranges.add("b", 1, 1);
    ranges.forgetOldest(1);
    assert.deepEqual([ranges.start, ranges.reached("a"), ranges.forgotten], [4, 3, 1]);
    assert.deepEqual(ranges.from(1), [{ buildId: "b", first: 1, start: 4, count: 1, isShared: false }]);
    // Its ranges are gone already.
    ranges.forget("a");
    assert.deepEqual([ranges.start, ranges.reached("a")], [4, 0]);
    ranges.add("c", 5, 0);
    assert.deepEqual([ranges.end, ranges.length, ranges.reached("c")], [5, 1, 4]);
  });
});
