import assert from "node:assert/strict";
import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { removeModules } from "../../../dist/runner/install/remove-modules.js";
import { makeFolder } from "../../support/folders.js";

describe("removeModules()", () => {
  it("removes node_modules of the directory and of its members, and the state of Yarn", async (t) => {
    const folder = await makeFolder(t, {
      "package.json": "{}",
      "node_modules/react/index.js": "",
      "node_modules/.cache/x": "",
      "packages/app/package.json": "{}",
      "packages/app/node_modules/one/index.js": "",
      "packages/app/src/node_modules.js": "",
      "other/package.json": "{}",
      "other/node_modules/two/index.js": "",
      ".yarn/unplugged/three/index.js": "",
      ".yarn/install-state.gz": "",
      ".yarn/releases/yarn.cjs": "",
      ".pnp.cjs": "",
    });
    const lines: string[] = [];
    removeModules(folder, ["packages/*"], (line) => lines.push(line));
    assert.deepEqual(lines, [
      "removed node_modules (2 files)",
      "removed packages/app/node_modules (1 file)",
      "removed .yarn/unplugged (1 file)",
      "removed .yarn/install-state.gz (1 file)",
    ]);
    const files = await readdir(folder, { recursive: true });
    assert.deepEqual(files.filter((name) => /\.\w+$/.test(name) && !/\.yarn$/.test(name)).sort(), [
      ".pnp.cjs",
      ".yarn/releases/yarn.cjs",
      "other/node_modules/two/index.js",
      "other/package.json",
      "package.json",
      "packages/app/package.json",
      "packages/app/src/node_modules.js",
    ]);
  });

  it("follows no link: neither node_modules, nor a link in it, nor a member", async (t) => {
    const folder = await makeFolder(t, {
      "outside/one/file": "",
      "outside/two/file": "",
      "outside/app/package.json": "{}",
      "outside/app/node_modules/file": "",
      "root/package.json": "{}",
      "root/lib/package.json": "{}",
      "root/lib/node_modules/three/": "",
      "root/packages/": "",
    });
    const root = join(folder, "root");
    await symlink("../outside/one", join(root, "node_modules"));
    await symlink("../../../../outside/two", join(root, "lib/node_modules/three/link"));
    await symlink("../../outside/app", join(root, "packages/app"));
    const lines: string[] = [];
    removeModules(root, ["packages/*", "lib"], (line) => lines.push(line));
    assert.deepEqual(lines, [
      "not every node_modules may be found: packages/app is a symbolic link",
      "node_modules is a symbolic link; what it leads to stays",
      "removed node_modules (1 file)",
      "removed lib/node_modules (1 file)",
      "packages/app/node_modules stays, because a symbolic link leads to it",
    ]);
    const outside = await readdir(join(folder, "outside"), { recursive: true });
    assert.deepEqual(outside.sort(), [
      "app",
      "app/node_modules",
      "app/node_modules/file",
      "app/package.json",
      "one",
      "one/file",
      "two",
      "two/file",
    ]);
    assert.deepEqual((await readdir(root)).sort(), ["lib", "package.json", "packages"]);
  });
});
