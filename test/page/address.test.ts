import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readAddress, writeAddress } from "../../dist/page/address.js";

describe("readAddress", () => {
  it("reads back what writeAddress wrote", () => {
    for (const [buildId, line, lastLine] of [
      ["0mabc123", undefined, undefined],
      ["0mabc123", 12, 12],
      ["0mabc123", 12, 20],
      ["0mabc1230mabc123", 100_000, 100_000],
    ] as const) {
      const url = new URL(writeAddress(buildId, line, lastLine), "http://localhost");
      assert.deepEqual(readAddress(url.pathname, url.hash), { buildId, line, lastLine });
    }
  });

  it("names one line once, and reads lines in either order", () => {
    assert.equal(writeAddress("a", 12, 12), "/builds/a#L12");
    assert.equal(writeAddress("a", 12, 20), "/builds/a#L12-L20");
    assert.deepEqual(readAddress("/builds/a", "#L20-L12"), { buildId: "a", line: 12, lastLine: 20 });
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
      ["/page/x", "#L1-L"],
      ["/page/x", "#L1-2"],
    ] as const) {
      assert.deepEqual(readAddress(path, hash), { buildId: undefined, line: undefined, lastLine: undefined });
    }
  });
});
