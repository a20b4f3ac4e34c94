import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const ROOT = new URL("../../", import.meta.url);
const readme = readFileSync(new URL("README.md", ROOT), "utf8");

describe("README.md", () => {
  it("begins with the commands, which package.json and CI know", () => {
    const top = readme.split("\n").slice(0, 6).join("\n");
    const scripts = (
      JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { scripts: Record<string, string> }
    ).scripts;
    const ci = readFileSync(new URL(".ci/run", ROOT), "utf8");
    for (const script of ["start", "test"]) {
      assert.match(top, new RegExp(`^npm ci && npm ${script} `, "m"));
      assert.ok(scripts[script]);
      assert.match(ci, new RegExp(`npm ${script}\\b`));
    }
    assert.match(ci, /^npm ci$/m);
  });

  it("leads to a table of every error code, in the order of the type", () => {
    const library = readme.split("\n## ").find((section) => section.startsWith("Embed it"));
    assert.ok(library?.includes("(src/error.ts)"));
    const source = readFileSync(new URL("src/error.ts", ROOT), "utf8");
    const [codes, rows] = [/^ {2}\| "([A-Z_]+)"/gm, /^ \* \| `([A-Z_]+)` \| .+ \| .+ \|$/gm].map((pattern) => {
      return [...source.matchAll(pattern)].map(([, code]) => code);
    });
    assert.ok(codes !== undefined && codes.length > 15);
    assert.deepEqual(rows, codes);
  });
});
