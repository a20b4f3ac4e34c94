import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matchesGlob } from "../../dist/build/wildcard.js";

describe("matchesGlob()", () => {
  const cases: readonly (readonly [glob: string, path: string, expected: boolean])[] = [
    ["packages/a", "packages/a", true],
    ["./packages/a/", "packages/a", true],
    ["packages/a", "packages/b", false],
    ["packages/a", "packages/a/b", false],
    ["packages/a/b", "packages/a", false],
    ["packages/*", "packages/a", true],
    ["packages/*", "packages", false],
    ["packages/*", "packages/a/b", false],
    ["*", "a", true],
    ["*-app", "my-app", true],
    ["*-app", "my-app-2", false],
    ["a*b*c", "a1b2b3c", true],
    ["a*b*c", "a1b2b3", false],
    ["packages/**", "packages/a/b/c", true],
    ["packages/**", "packages", true],
    ["**", "a/b/c", true],
    ["**/b/*", "a/b/b/c", true],
    ["**/test", "a/b/test", true],
    ["**/test", "a/test/b", false],
    ["a.c", "abc", false],
    ["a[bc]", "ab", false],
  ];
  for (const [glob, path, expected] of cases) {
    it(`${expected ? "finds" : "does not find"} ${path} in ${glob}`, () => {
      assert.equal(matchesGlob(path, glob), expected);
    });
  }

  it("is not slowed down by a hostile glob", () => {
    // A backtracking regular expression would need longer than the universe has existed.
    assert.equal(matchesGlob("a".repeat(1000), `${"a*".repeat(300)}b`), false);
    assert.equal(matchesGlob("a/".repeat(500), `${"**/a/".repeat(100)}b`), false);
  });
});
