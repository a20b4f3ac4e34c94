import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineIndex } from "../../../dist/streams/lines/line-index.js";

describe("LineIndex", () => {
  it("knows an event before which a line and all later ones have no state", () => {
    const index = new LineIndex();
    const add = (number: number): void => index.add({ number, step: "build", stream: "stdout", text: "x" });
    assert.equal(index.startOf(1), 1);
    index.addState({ steps: [] });
    for (let number = 1; number <= 300; number++) add(number);
    add(5);
    for (let number = 301; number <= 600; number++) add(number);
    // The blocks begin at the lines 1, 257 and 513.
    assert.deepEqual([1, 256, 257, 512, 513, 9999].map((line) => index.startOf(line)), [2, 2, 258, 258, 515, 515]);
  });
});
