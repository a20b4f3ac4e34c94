import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readVariableLines } from "../../../dist/page/form/variable-lines.js";

describe("readVariableLines", () => {
  it("reads one variable from each line, with every character of its value", () => {
    assert.deepEqual(readVariableLines(""), {});
    assert.deepEqual(readVariableLines("A=1\n\n  B = x=y #z \nA=2\n_c1="), { A: "2", B: " x=y #z ", _c1: "" });
    assert.deepEqual(Object.entries(readVariableLines("__proto__=1")), [["__proto__", "1"]]);
  });

  it("names the first line that is not a variable, without its text", () => {
    for (const line of ["secret", "=secret", "1A=secret", "A B=secret", "A-B=secret"]) {
      assert.equal(readVariableLines(`OK=1\n${line}`), "Line 2 of the variables is not NAME=value");
    }
  });
});
