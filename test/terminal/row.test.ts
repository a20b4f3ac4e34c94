import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Row } from "../../dist/terminal/row.js";
import { PLAIN, selectStyle } from "../../dist/terminal/style.js";
import { createRandom } from "../support/random.js";

const LIMIT = 20;

describe("Row", () => {
  it("prints a narrow text as it prints each of its characters", () => {
    const random = createRandom(20);
    const styles = [PLAIN, selectStyle(PLAIN, "31")];
    for (let round = 0; round < 500; round++) {
      const [whole, single] = [new Row(LIMIT), new Row(LIMIT)];
      for (let count = 0; count < 8; count++) {
        const column = random(LIMIT + 2);
        const style = styles[random(2)] ?? PLAIN;
        if (random(2) === 0) {
          for (const row of [whole, single]) row.put(column, "界", 2, style);
          continue;
        }
        const text = "abcdefgh".slice(0, 1 + random(8));
        whole.putNarrow(column, text, style);
        for (const [index, character] of [...text].entries()) {
          single.put(Math.min(column + index, LIMIT), character, 1, style);
        }
        assert.equal(whole.toString(), single.toString(), `round ${round}`);
        assert.equal(whole.length, single.length, `round ${round}`);
      }
    }
  });

  it("marks a narrow text that is cut at its limit", () => {
    const row = new Row(4);
    row.putNarrow(2, "abc", PLAIN);
    assert.equal(row.toString(), "  ab … [line cut at 4 characters]");
  });
});
