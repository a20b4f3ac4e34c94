import assert from "node:assert/strict";
import { mkdir, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { readResult } from "../../../dist/runner/result/read-result.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { BuildResult } from "../../../dist/runner/result/build-result.js";
import type { ResultOptions } from "../../../dist/runner/result/read-result.js";

/** A project that was there before its build. */
async function project(t: TestContext, files: Readonly<Record<string, string>>) {
  const path = await makeFolder(t, files);
  // Longer than the tolerance for the clock of the kernel.
  await delay(50);
  const since = Date.now();
  const write = async (written: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(written)) {
      await mkdir(dirname(join(path, name)), { recursive: true });
      await writeFile(join(path, name), text);
    }
  };
  const read = (options: Partial<ResultOptions> = {}): Promise<BuildResult> => {
    return readResult(path, { since, before: null, signal: new AbortController().signal, ...options });
  };
  return { path, write, read };
}

const SOURCES = { "package.json": "{}", "src/a.ts": "aaaa", "src/b.ts": "bb", "src/c.ts": "c", "src/d.ts": "" };

describe("readResult()", () => {
  it("finds the folders that were written, the largest first", async (t) => {
    const { write, read } = await project(t, { ...SOURCES, "dist/old.js": "old" });
    assert.deepEqual(await read(), { folders: [], isComplete: true });
    await write({ "dist/index.html": "12345", "dist/assets/a.js": "123", "types/deep/a.d.ts": "12", "info.log": "1" });
    const folders = [
      { path: "dist", files: 3, bytes: 11, isWhole: true, bytesBefore: null },
      { path: "types", files: 1, bytes: 2, isWhole: true, bytesBefore: null },
      { path: ".", files: 1, bytes: 1, isWhole: false, bytesBefore: null },
    ];
    assert.deepEqual(await read(), { folders, isComplete: true });
  });

  it("counts only the changed files of a folder with many others", async (t) => {
    const { write, read } = await project(t, SOURCES);
    await write({ "src/a.ts": "changed", "src/generated/x.ts": "xx" });
    assert.deepEqual((await read()).folders.map(({ path, files, bytes }) => [path, files, bytes]), [
      ["src", 1, 7],
      ["src/generated", 1, 2],
    ]);
  });

  it("counts only the changed files of such a folder in the next build, too", async (t) => {
    const { write, read } = await project(t, SOURCES);
    await write({ "src/a.js": "aa", "top.js": "t" });
    const first = await read();
    const src = { path: "src", files: 1, bytes: 2, isWhole: false, bytesBefore: null };
    assert.deepEqual(first.folders, [src, { ...src, path: ".", bytes: 1 }]);
    await write({ "src/a.js": "aaa" });
    assert.deepEqual((await read({ before: first })).folders[0], { ...src, bytes: 3, bytesBefore: 2 });
    // Now most of its files are new.
    await write(Object.fromEntries(["b", "c", "d", "e"].map((name) => [`src/${name}.js`, "x"])));
    assert.deepEqual((await read({ before: first })).folders[0], { ...src, files: 9, bytes: 14, isWhole: true });
  });

  it("compares with the result before, also of a build that writes few files or none", async (t) => {
    const dist = { "dist/a.js": "aaaa", "dist/b.js": "bbbb", "dist/c.js": "cc" };
    const { write, read } = await project(t, { ...SOURCES, ...dist });
    const folder = { path: "dist", files: 3, bytes: 7, isWhole: true, bytesBefore: null };
    const before = { folders: [folder, { ...folder, path: "removed" }], isComplete: true };
    assert.deepEqual((await read({ before })).folders, [{ ...folder, bytes: 10, bytesBefore: 7 }]);
    await write({ "dist/a.js": "a" });
    assert.deepEqual((await read({ before })).folders, [{ ...folder, bytesBefore: 7 }]);
  });

  it("sees files whose time was set back", async (t) => {
    const { path, write, read } = await project(t, SOURCES);
    await write({ "dist/a.js": "a" });
    await utimes(join(path, "dist/a.js"), 0, 0);
    assert.deepEqual((await read()).folders.map(({ path: name }) => name), ["dist"]);
  });

  it("ignores packages, files of package managers, repositories and caches, and follows no link", async (t) => {
    const { path, write, read } = await project(t, SOURCES);
    const elsewhere = await makeFolder(t, { "secret.txt": "secret" });
    await write({ "node_modules/a/index.js": "a", ".git/index": "a", ".next/cache/a": "a" });
    await write({ "package-lock.json": "a", ".pnp.cjs": "a" });
    await mkdir(join(path, "dist"));
    await symlink(elsewhere, join(path, "dist/link"));
    await symlink(join(elsewhere, "secret.txt"), join(path, "dist/secret.txt"));
    await symlink(elsewhere, join(path, "out"));
    assert.deepEqual(await read(), { folders: [], isComplete: true });
  });

  it("ends at its limits, and says so", async (t) => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`dist/${index}.js`, "a"]));
    const { path, write, read } = await project(t, SOURCES);
    await write(many);
    assert.equal((await read()).isComplete, true);
    const { folders, isComplete } = await read({ maxEntries: 50 });
    assert.equal(isComplete, false);
    assert.ok(folders.every(({ files }) => files <= 50));
    assert.equal((await read({ maxTime: 0 })).isComplete, false);
    assert.equal((await read({ signal: AbortSignal.abort() })).isComplete, false);
    await unlink(join(path, "dist/1.js"));
    await write(Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`out${index}/a.js`, "a"])));
    assert.deepEqual([(await read()).folders.length, (await read()).isComplete], [20, false]);
  });

  it("finds nothing in a project that does not exist", async () => {
    const result = await readResult("/nowhere", { since: 0, before: null, signal: new AbortController().signal });
    assert.deepEqual(result, { folders: [], isComplete: true });
  });
});
