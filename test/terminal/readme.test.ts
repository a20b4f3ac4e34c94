import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { parseBlocks, ROOT } from "../readme/blocks.js";
import { linesOf } from "./lines.js";

const PATH = "src/terminal/README.md";

describe(PATH, () => {
  const blocks = parseBlocks(PATH, readFileSync(new URL(PATH, ROOT), "utf8"));
  for (const { text, line } of blocks) {
    for (const [printed, lines] of JSON.parse(text) as [string, string[]][]) {
      it(`is right behind line ${line}: ${JSON.stringify(printed)}`, () => assert.deepEqual(linesOf(printed), lines));
    }
  }
});
