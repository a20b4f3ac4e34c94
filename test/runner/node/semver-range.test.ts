import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compareVersions, parseRange, parseVersion, satisfies } from "../../../dist/runner/node/semver-range.js";

const RANGE_TEXTS: readonly (readonly [range: string, inside: string, outside: string])[] = [
  ["", "0.0.0 20.1.0", "20.1.0-rc.1"],
  ["*", "0.0.0 20.1.0", ""],
  ["20", "20.0.0 20.99.1", "19.9.9 21.0.0"],
  ["v20.1", "20.1.0 20.1.9", "20.0.9 20.2.0"],
  ["20.1.3", "20.1.3", "20.1.2 20.1.4"],
  ["=20.1.3", "20.1.3", "20.1.2 20.1.4"],
  ["20.x", "20.0.0 20.9.0", "21.0.0"],
  ["20.1.X", "20.1.0", "20.2.0"],
  ["20.*.*", "20.0.0 20.9.0", "21.0.0"],
  ["^20.1.3", "20.1.3 20.2.0", "20.1.2 21.0.0"],
  ["^20", "20.0.0 20.2.0", "19.0.0 21.0.0"],
  ["^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"],
  ["^0.0.3", "0.0.3", "0.0.2 0.0.4"],
  ["^0.0", "0.0.0 0.0.9", "0.1.0"],
  ["^0", "0.0.0 0.9.0", "1.0.0"],
  ["~20.1.3", "20.1.3 20.1.9", "20.1.2 20.2.0"],
  ["~20.1", "20.1.0 20.1.9", "20.2.0"],
  ["~20", "20.0.0 20.9.0", "21.0.0"],
  ["~> 20.1", "20.1.0", "20.2.0"],
  [">=20", "20.0.0 24.0.0", "19.9.9"],
  [">= 20.19.0", "20.19.0 24.0.0", "20.18.9"],
  [">20", "21.0.0", "20.9.9"],
  [">20.1", "20.2.0", "20.1.9"],
  [">20.1.1", "20.1.2", "20.1.1"],
  ["<=20", "20.9.9 1.0.0", "21.0.0"],
  ["<=20.1", "20.1.9", "20.2.0"],
  ["<20", "19.9.9", "20.0.0"],
  ["<20.1.1", "20.1.0", "20.1.1"],
  [">=18 <21", "18.0.0 20.9.9", "17.9.9 21.0.0"],
  [">=18.12.0 <19 || >=20.9", "18.12.0 20.9.0 22.0.0", "18.11.0 19.0.0 20.8.0"],
  ["^18.18.0 || ^20.9.0||>=21.1.0", "18.20.0 20.9.0 21.1.0", "18.17.0 20.8.0 21.0.0"],
  ["18 - 20", "18.0.0 20.9.9", "17.9.9 21.0.0"],
  ["18.1.1 - 20.2.2", "18.1.1 20.2.2", "18.1.0 20.2.3"],
  ["* - 20", "1.0.0 20.9.9", "21.0.0"],
  [">*", "", "0.0.0 20.0.0"],
  [">=20.1.0-rc.2", "20.1.0-rc.2 20.1.0-rc.10 20.1.0 20.2.0", "20.1.0-rc.1 20.2.0-rc.3"],
  ["^20.1.0-rc.2", "20.1.0-rc.3 20.9.0", "21.0.0-rc.1"],
  [">=20.0.0+build", "20.0.0", "19.0.0"],
];

describe("satisfies()", () => {
  for (const [text, inside, outside] of RANGE_TEXTS) {
    it(`decides for the range "${text}"`, () => {
      const range = parseRange(text) ?? assert.fail("not a range");
      const decide = (version: string): boolean => satisfies(parseVersion(version) ?? assert.fail(version), range);
      const versions = (list: string): string[] => list.split(" ").filter((version) => version !== "");
      assert.deepEqual(versions(inside).filter((version) => !decide(version)), []);
      assert.deepEqual(versions(outside).filter(decide), []);
    });
  }
});

describe("parseRange()", () => {
  it("returns undefined for other texts", () => {
    const texts = ["lts/*", "node", "20.1.2.3", ">=20.1.0<21.0.0", "20 -21", "020", "1e1", "20 || x20", "^^20"];
    assert.deepEqual(texts.filter((text) => parseRange(text) !== undefined), []);
  });

  it("needs little time for hostile texts", () => {
    const start = performance.now();
    for (const part of ["1 ", "|", "||", " ", "1.1.1-a.", ">", "v", "=", "x.", "- "]) {
      parseRange(part.repeat(256 / part.length));
      parseRange(part.repeat(100_000));
    }
    assert.ok(performance.now() - start < 200);
  });
});

describe("compareVersions()", () => {
  it("orders versions, prereleases before their release", () => {
    const prereleases = ["1.0.0-1", "1.0.0-10", "1.0.0-a", "1.0.0-a.1", "1.0.0-b"];
    const order = [...prereleases, "1.0.0", "1.0.1", "1.2.0", "9.0.0", "10.0.0"];
    const versions = order.map((text) => parseVersion(text) ?? assert.fail(text));
    for (const [index, version] of versions.entries()) {
      const signs = versions.map((other) => Math.sign(compareVersions(version, other)));
      assert.deepEqual(signs, versions.map((_, at) => Math.sign(index - at)));
    }
  });
});
