import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HitList } from "../../../dist/page/find/hit-list.js";

function listOf(...numbers: number[]): HitList {
  const list = new HitList();
  list.change(numbers, []);
  return list;
}

describe("HitList", () => {
  it("adds hits in any order, and removes those of lines that no longer match", () => {
    const list = listOf(2, 5);
    list.change([9], []);
    assert.deepEqual(list.numbers, [2, 5, 9]);
    list.change([3, 9], [5]);
    assert.deepEqual(list.numbers, [2, 3, 9]);
  });

  it("keeps the array that it has returned", () => {
    const list = listOf(2);
    const before = list.numbers;
    list.change([3], []);
    list.clear();
    assert.deepEqual(before, [2]);
    assert.deepEqual(list.numbers, []);
  });

  it("removes the hits from a line on", () => {
    const list = listOf(2, 5, 9);
    list.clear(5);
    assert.deepEqual(list.numbers, [2]);
  });

  it("knows the place of a hit", () => {
    const list = listOf(2, 5, 9);
    assert.deepEqual([2, 9, 4, undefined].map((line) => list.indexOf(line)), [0, 2, undefined, undefined]);
    assert.deepEqual([1, 5, 6, 10].map((line) => list.indexFrom(line)), [0, 1, 2, 3]);
  });

  it("finds the neighbours of a line, and wraps around at both ends", () => {
    const list = listOf(2, 5, 9);
    assert.deepEqual([0, 2, 6, 9].map((line) => list.after(line)), [2, 5, 9, 2]);
    assert.deepEqual([10, 9, 4, 2].map((line) => list.before(line)), [9, 5, 2, 9]);
    assert.equal(listOf().after(1), undefined);
    assert.equal(listOf().before(1), undefined);
  });
});
