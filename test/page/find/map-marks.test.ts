import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lineAt, mapMarks } from "../../../dist/page/find/map-marks.js";

describe("mapMarks", () => {
  it("puts lines at their place, and joins those that are close", () => {
    assert.deepEqual(mapMarks([1, 2, 11, 15, 100], 100, 10), [
      { top: 0, height: 20 },
      { top: 90, height: 10 },
    ]);
    assert.deepEqual(mapMarks([1, 50], 100, 10), [
      { top: 0, height: 10 },
      { top: 40, height: 10 },
    ]);
  });

  it("makes one mark of lines that are everywhere", () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => index + 1);
    assert.deepEqual(mapMarks(lines, 100_000, 200), [{ top: 0, height: 100 }]);
  });

  it("makes no mark without lines, and keeps lines beyond the end on the map", () => {
    assert.deepEqual(mapMarks([], 0, 10), []);
    assert.deepEqual(mapMarks([12], 10, 10), [{ top: 90, height: 10 }]);
  });
});

describe("lineAt", () => {
  it("returns the line at a place", () => {
    assert.deepEqual([-1, 0, 0.5, 0.999, 1, 2].map((place) => lineAt(place, 100)), [1, 1, 51, 100, 100, 100]);
  });
});
