import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { columnsOf } from "../../dist/terminal/width.js";

describe("columnsOf()", () => {
  it("is 2 for East Asian Width W and F, and for emoji", () => {
    for (const character of "日語한ｗ、｛⏰✅🚀😀🈁𠀀ᄀ") assert.equal(columnsOf(character), 2, character);
  });

  it("is 1 for other characters, half-width and regional ones among them", () => {
    for (const character of "aéß→✓█─…ﾊ🇩\u00ad\u0085\u303f") assert.equal(columnsOf(character), 1, character);
  });

  it("is 0 for combining and invisible characters", () => {
    for (const character of ["\u0301", "\u20dd", "\u200d", "\ufe0f", "\u200b", "\u1160"]) {
      assert.equal(columnsOf(character), 0, JSON.stringify(character));
    }
  });
});
