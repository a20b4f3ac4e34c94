import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { assertForEveryCut, decodeChunks } from "./connection.ts";
import { readWireTables } from "./wire-table.ts";

describe("src/protocol/README.md", () => {
  const rows = readWireTables();

  it("has its tables", () => assert.ok(rows.length > 40, `${rows.length} rows`));

  for (const { source, line, chunks, outcomes } of rows) {
    it(`is right in line ${line}: ${source}`, () => {
      const { standard } = outcomes;
      assert.ok(standard);
      const expected = { ...standard, failure: undefined };
      assert.deepEqual(decodeChunks(chunks), expected);
      assertForEveryCut(Buffer.concat(chunks), expected);
    });
  }
});
