import assert from "node:assert/strict";
import { chmod, symlink } from "node:fs/promises";
import { join, relative } from "node:path";
import { describe, it } from "node:test";
import { describeMissing, findProgram } from "../../../dist/runner/program/find-program.js";
import { makeFolder } from "../../support/folders.js";

describe("findProgram()", () => {
  it("finds the first executable file on PATH", async (t) => {
    const folder = await makeFolder(t, { "a/tool/": "", "b/tool": "", "c/tool": "", "d/tool": "" });
    await chmod(join(folder, "c/tool"), 0o755);
    await symlink(join(folder, "c/tool"), join(folder, "linked"));
    const PATH = ["a", "b", "missing", "c", "d"].map((name) => join(folder, name)).join(":");
    assert.equal(await findProgram("tool", { PATH }), join(folder, "c/tool"));
    assert.equal(await findProgram("linked", { PATH: `${folder}:` }), join(folder, "linked"));
    assert.equal(await findProgram("other", { PATH }), undefined);
  });

  it("skips entries that are not absolute, and needs a PATH", async (t) => {
    const folder = await makeFolder(t, { tool: "" });
    await chmod(join(folder, "tool"), 0o755);
    assert.equal(await findProgram("tool", { PATH: `:${relative(process.cwd(), folder)}:.` }), undefined);
    assert.equal(await findProgram("tool", {}), undefined);
  });
});

describe("describeMissing()", () => {
  it("explains how to install a package manager", () => {
    assert.match(describeMissing("pnpm"), /^pnpm is not on PATH; .*npm install --global pnpm.*corepack$/);
    assert.match(describeMissing("yarn"), /^yarn is not on PATH; .*npm install --global yarn/);
    assert.match(describeMissing("npm"), /^npm is not on PATH; .*Node\.js/);
  });

  it("explains what to do about any other program", () => {
    for (const name of ["make", "constructor"]) {
      assert.equal(describeMissing(name), `${name} is not on PATH; install it, or add its directory to PATH`);
    }
  });
});
