import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fromPalette, fromRgb } from "../../../dist/page/line/ansi-colour.js";

describe("fromPalette", () => {
  it("leaves the sixteen colours of the theme as they are", () => {
    for (let index = 0; index < 16; index++) assert.equal(fromPalette(index), index);
  });

  it("gives each corner of the cube its own hue", () => {
    const corners: [index: number, colour: number][] = [
      [16, 0],
      [196, 9],
      [46, 10],
      [226, 11],
      [21, 12],
      [201, 13],
      [51, 14],
      [231, 15],
    ];
    for (const [index, colour] of corners) assert.equal(fromPalette(index), colour, `palette ${index}`);
  });

  it("orders the greys from dark to light", () => {
    const greys = Array.from({ length: 24 }, (_, step) => fromPalette(232 + step));
    assert.deepEqual(greys, [...Array<number>(6).fill(0), ...Array<number>(10).fill(8), ...Array<number>(8).fill(7)]);
  });
});

describe("fromRgb", () => {
  it("keeps the hue of dark, strong and pale colours", () => {
    assert.equal(fromRgb(128, 0, 0), 1);
    assert.equal(fromRgb(255, 0, 60), 9);
    assert.equal(fromRgb(255, 180, 180), 9);
    assert.equal(fromRgb(245, 194, 231), 13);
    assert.equal(fromRgb(137, 180, 250), 12);
    assert.equal(fromRgb(0, 160, 160), 6);
    assert.equal(fromRgb(140, 100, 0), 3);
    assert.equal(fromRgb(0, 100, 0), 2);
  });

  it("treats colours with hardly any hue as grey", () => {
    assert.equal(fromRgb(10, 12, 14), 0);
    assert.equal(fromRgb(120, 128, 140), 8);
    assert.equal(fromRgb(200, 210, 205), 7);
    assert.equal(fromRgb(255, 255, 250), 15);
  });

  it("answers every colour with one of the sixteen", () => {
    for (let red = 0; red < 256; red += 15)
      for (let green = 0; green < 256; green += 15)
        for (let blue = 0; blue < 256; blue += 15) {
          const colour = fromRgb(red, green, blue);
          assert.ok(Number.isInteger(colour) && colour >= 0 && colour < 16, `${red} ${green} ${blue} gave ${colour}`);
        }
  });
});
