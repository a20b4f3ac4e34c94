import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PLAIN, selectStyle, styleSequence } from "../../dist/terminal/style.js";

function sequenceAfter(...parameters: string[]): string {
  return styleSequence(parameters.reduce(selectStyle, PLAIN)).slice(2);
}

describe("styleSequence()", () => {
  it("returns the selected style", () => {
    const all = ["1", "2", "3", "4", "5", "7", "8", "9", "31", "97", "44", "103", "38;5;196", "48;5;22", "38;2;1;2;3"];
    for (const parameters of all) assert.equal(sequenceAfter(parameters), `${parameters}m`);
    assert.equal(sequenceAfter("1;31", "48:2::200:30:40"), "1;31;48;2;200;30;40m");
    assert.equal(sequenceAfter("38:5:9"), "91m");
    assert.equal(sequenceAfter("21"), "4m");
  });

  it("is empty for the plain style, however it was reached", () => {
    for (const parameters of ["0", "", "1;22", "31;39", "4;4:0", "44;7;27;49"]) {
      assert.equal(parameters.split(" ").reduce(selectStyle, PLAIN), PLAIN, parameters);
    }
    assert.equal(styleSequence(PLAIN), "");
  });

  it("remembers a bounded number of styles, and stays right", () => {
    for (let value = 0; value < 3000; value++) {
      const parameters = `38;2;1;${value >> 8};${value & 255}`;
      assert.equal(sequenceAfter(parameters, "1"), `1;${parameters}m`);
    }
  });
});
