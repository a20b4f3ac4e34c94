import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { matchesGlob } from "../../../dist/runner/project/glob.js";
import { WorkLimit } from "../../../dist/runner/project/work-limit.js";

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
    ["a[bc]", "ab", true],
    ["a[bc]", "ad", false],
    ["a[!b-d]", "ac", false],
    ["a[^b-d]", "ae", true],
    ["a[b-]", "a-", true],
    ["a[b", "a[b", true],
    ["a[]b", "a[]b", true],
    ["p?", "pa", true],
    ["p?", "p", false],
    ["p/*", "p/.a", false],
    ["p/?a", "p/.a", false],
    ["p/.*", "p/.a", true],
    ["**", "p/.a/b", false],
    ["**/b", "p/.a/b", false],
    ["p/.a/**", "p/.a/b", true],
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
      assert.equal(matchesGlob(path, glob, new WorkLimit(10_000)), expected);
    });
  }

  it("ends when the limit of work is reached, whatever the glob holds", () => {
    const hostile: readonly (readonly [glob: string, path?: string])[] = [
      // A backtracking regular expression would need longer than the age of the universe.
      [`*${"a".repeat(1500)}b`, "a".repeat(3000)],
      [`**/${"a/".repeat(1000)}b`, "a/".repeat(2000)],
      // Expanded, these are 2 ** 1000 globs, a million, and 2 ** 100 000.
      ["{a,b}".repeat(1000)],
      ["{,}".repeat(1000)],
      [`{${",".repeat(1e6)}}`],
      [`${"{a,".repeat(1e5)}b${"}".repeat(1e5)}`],
      // These make a search start again many times.
      ["{a,".repeat(300_000)],
      ["{".repeat(1e6)],
      ["[".repeat(1e6)],
      [`[${"a".repeat(1e6)}]`],
      ["{}".repeat(500_000)],
      [`{${",".repeat(1e6)}`],
    ];
    for (const [glob, path = "a/b"] of hostile) {
      const work = new WorkLimit(100_000);
      matchesGlob(path, glob, work);
      assert.ok(work.isReached, glob.slice(0, 20));
      const start = performance.now();
      for (let count = 0; count < 10; count++) matchesGlob(path, glob, work);
      const spent = performance.now() - start;
      assert.ok(spent < 1000, `${glob.slice(0, 20)} took ${spent} ms after the limit was reached`);
    }
  });

  it("spends units in proportion to its work", () => {
    const cost = (glob: string, path: string): number => {
      // Finds the smallest sufficient limit by bisection.
      let [low, high] = [0, 2 ** 30];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        const work = new WorkLimit(middle);
        matchesGlob(path, glob, work);
        if (work.isReached) low = middle;
        else high = middle;
      }
      return high;
    };
    const search = (length: number): number => cost(`*${"a".repeat(length)}b`, "a".repeat(length * 2));
    const choices = (count: number): number => cost(`{${"a,".repeat(count)}}`, "x");
    assert.ok(search(400) > 3 * search(200), "quadratic");
    assert.ok(choices(400) > 1.5 * choices(200) && choices(400) < 3 * choices(200), "linear");
    assert.ok(cost("{a,b}".repeat(8), "x") > 1.5 * cost("{a,b}".repeat(7), "x"), "exponential");
  });

  it("finds the last of a thousand choices", () => {
    const choices = Array.from({ length: 1000 }, (_, index) => `package-${index}`);
    const work = new WorkLimit(500_000);
    assert.ok(matchesGlob("packages/package-999", `packages/{${choices.join(",")}}`, work));
    assert.ok(!work.isReached);
  });
});
