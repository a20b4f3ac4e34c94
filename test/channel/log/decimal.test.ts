import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decimal } from "../../../dist/channel/log/decimal.js";

describe("decimal()", () => {
  it("is what String() makes of the integer", () => {
    for (let integer = -2000; integer < 20_000; integer++) assert.equal(decimal(integer), String(integer));
    for (let power = 1e3; power < 1e16; power *= 10) {
      for (const integer of [power - 1, power, power + 1, power + 999, power + 1000]) {
        assert.equal(decimal(integer), String(integer));
      }
    }
    for (let integer = Number.MAX_SAFE_INTEGER; integer > Number.MAX_SAFE_INTEGER - 2000; integer--) {
      assert.equal(decimal(integer), String(integer));
    }
  });
});
