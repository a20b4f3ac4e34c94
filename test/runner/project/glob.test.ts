import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matchesGlob } from "../../../dist/runner/project/glob.js";

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
    ["packages/{a,b}", "packages/a", true],
    ["packages/{a,b}", "packages/b", true],
    ["packages/{a,b}", "packages/c", false],
    ["packages/{a,b}", "packages/{a,b}", false],
    ["{packages,apps}/*", "apps/x", true],
    ["{packages/*,tools}", "packages/x", true],
    ["{packages/*,tools}", "tools", true],
    ["{packages/*,tools}", "tools/x", false],
    ["{a,b}/{c,d}-*", "b/d-1", true],
    ["{a,b}/{c,d}-*", "b/e-1", false],
    ["./{a,b}/", "b", true],
    ["{**/a,b}", "x/y/a", true],
    ["app{,-server}", "app", true],
    ["app{,-server}", "app-server", true],
    ["{a,{b,c}}/x", "a/x", true],
    ["{a,{b,c}}/x", "c/x", true],
    ["{a,{b,c}}/x", "d/x", false],
    ["{a}", "{a}", true],
    ["{a}", "a", false],
    ["{}/{a,b}", "{}/b", true],
    ["{a,b", "{a,b", true],
    ["a,b}", "a,b}", true],
    ["}a,b{", "}a,b{", true],
    ["{a,b}{", "b{", true],
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
    const hostile = [
      // Written out, these are 2 ** 1000 globs, a million, and 2 ** 100 000.
      "{a,b}".repeat(1000),
      "{,}".repeat(1000),
      `{${",".repeat(1e6)}}`,
      `${"{a,".repeat(1e5)}b${"}".repeat(1e5)}`,
      // And these make a search begin again and again.
      "{a,".repeat(300_000),
      "{".repeat(1e6),
      "{}".repeat(500_000),
      `{${",".repeat(1e6)}`,
    ];
    for (const glob of hostile) assert.equal(matchesGlob("a/b", glob), false);
  });

  it("takes a glob that stands for too many as it is written", () => {
    const choices = Array.from({ length: 500 }, (_, index) => `package-${index}`);
    for (const [count, expected] of [[300, true], [500, false]] as const) {
      const glob = `packages/{${choices.slice(0, count).join(",")}}`;
      assert.equal(matchesGlob(`packages/package-${count - 1}`, glob), expected);
    }
  });
});
