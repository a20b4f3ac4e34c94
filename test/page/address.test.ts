import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAddress, writeAddress } from "../../dist/page/address.js";

describe("readAddress", () => {
  it("reads back what writeAddress wrote", () => {
    for (const [buildId, line] of [
      ["0mabc123", undefined],
      ["0mabc123", 12],
      ["0mabc1230mabc123", 100_000],
    ] as const) {
      const url = new URL(writeAddress(buildId, line), "http://localhost");
      assert.deepEqual(readAddress(url.pathname, url.hash), { buildId, line });
    }
  });

  it("ignores unknown parts", () => {
    for (const [path, hash] of [
      ["", ""],
      ["/", "#L0"],
      ["/builds", "#log"],
      ["/builds/", "#L-1"],
      ["/builds/a/b", "#L1.5"],
      ["/builds/%41", "#L1234567890"],
      ["/page/x", "#l12"],
    ] as const) {
      assert.deepEqual(readAddress(path, hash), { buildId: undefined, line: undefined });
    }
  });
});
