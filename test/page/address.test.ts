import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAddress, writeAddress } from "../../dist/page/address.js";

describe("readAddress", () => {
  it("reads back what writeAddress wrote", () => {
    for (const [buildId, line] of [
      ["0mabc123", undefined],
      ["0mabc123", 12],
      ["a&b=c #L9/?", 100_000],
    ] as const) {
      const url = new URL(writeAddress(buildId, line), "http://localhost");
      assert.deepEqual(readAddress(url.search, url.hash), { buildId, line });
    }
  });

  it("ignores unknown parts", () => {
    for (const [search, hash] of [
      ["", ""],
      ["?build=", "#L0"],
      ["?other=1", "#log"],
      ["?BUILD=x", "#L-1"],
      ["?", "#L1.5"],
      ["?x", "#L1234567890"],
      ["?x", "#l12"],
    ] as const) {
      assert.deepEqual(readAddress(search, hash), { buildId: undefined, line: undefined });
    }
  });
});
