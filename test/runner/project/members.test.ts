import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { managers } from "../../../dist/runner/package-manager/managers.js";
import { claims } from "../../../dist/runner/project/members.js";
import { WorkLimit } from "../../../dist/runner/project/work-limit.js";

const PATHS = ["a", "b", "p/a", "p/b", "p/.dot", ".dot", "p/a/deep", "p/node_modules/m", "p/x/y/z"];
const ALL = ["npm", "yarn", "yarn berry", "pnpm", "bun"];
const LISTED = ["npm", "yarn berry", "pnpm", "bun"];
const PACKAGES = ["p/a", "p/b"];

/** The members that the real managers find in a tree with these paths: see `test/ecosystem/workspaces.test.mjs`. */
const cases: readonly (readonly [globs: string[], names: string[], members: string[]])[] = [
  [["p/*"], ALL, PACKAGES],
  [["./p/*"], ALL, PACKAGES],
  [["p/*/"], ALL, PACKAGES],
  [["p//*"], ALL, PACKAGES],
  [["p/{a,b}"], ALL, PACKAGES],
  [["p/?"], ALL, PACKAGES],
  [["p/[ab]"], ALL, PACKAGES],
  [["p/*b"], ALL, ["p/b"]],
  [["*"], ALL, ["a", "b"]],
  [["**"], ALL, ["a", "b", "p/a", "p/b", "p/a/deep", "p/x/y/z"]],
  [["p/**/"], ALL, ["p/a", "p/b", "p/a/deep", "p/x/y/z"]],
  [["p/**/z"], ALL, ["p/x/y/z"]],
  [["p/.*"], ALL, ["p/.dot"]],
  [["p/*", "!p/b"], LISTED, ["p/a"]],
  [["p/*", "!./p/b"], LISTED, ["p/a"]],
  [["p/*", "!p/b/"], LISTED, ["p/a"]],
  [["p/*", "!**/b"], LISTED, ["p/a"]],
  [["!p/b", "p/*"], LISTED, ["p/a"]],
  [["p/**", "!p/a/**"], LISTED, ["p/b", "p/x/y/z"]],
  [["p/*", "!p/b"], ["yarn"], PACKAGES],
  [["p/*", "!p/b", "p/b"], ["npm", "yarn", "bun"], PACKAGES],
  [["p/*", "!p/b", "p/b"], ["yarn berry", "pnpm"], ["p/a"]],
  [["p/a", "p/*", "!p/a"], ["npm", "yarn berry", "pnpm"], ["p/b"]],
  [["p/a", "p/*", "!p/a"], ["yarn", "bun"], PACKAGES],
  [["!!p/*"], ["npm", "bun"], PACKAGES],
  [["!!p/*"], ["yarn", "yarn berry", "pnpm"], []],
  [["/p/*"], ["npm"], PACKAGES],
  [["/p/*"], ["yarn", "yarn berry", "pnpm"], []],
  [["!p/*"], ALL, []],
];

describe("claims()", () => {
  for (const [globs, names, members] of cases) {
    it(`reads ${JSON.stringify(globs)} as ${names.join(", ")} do`, () => {
      for (const name of names) {
        const { exclusions } = managers.find((manager) => manager.name === name) ?? assert.fail(name);
        const claimed = PATHS.filter((path) => claims(globs, path, exclusions, new WorkLimit(100_000)));
        assert.deepEqual(claimed, members, name);
      }
    });
  }

  it("ends when the limit of work is reached", () => {
    const globs = Array.from({ length: 100_000 }, (_, index) => (index % 2 === 0 ? "!**" : "a"));
    const start = performance.now();
    const work = new WorkLimit(1_000_000);
    for (const rule of ["until-listed", "always", "globs", "never"] as const) claims(["**", ...globs], "b", rule, work);
    assert.ok(work.isReached);
    assert.ok(performance.now() - start < 5000);
  });
});
