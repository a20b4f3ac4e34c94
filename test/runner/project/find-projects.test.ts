import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, rmdir, symlink, truncate } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, it } from "node:test";
import { findProjects } from "../../../dist/runner/project/find-projects.js";
import { makeFolder } from "../../support/folders.js";

const BUILDABLE = '{"scripts":{"build":"true"}}';

/** The paths of the projects below a folder, relative to it. */
async function find(folder: string, roots: readonly string[] = ["."]): Promise<string[]> {
  const projects = await findProjects(roots.map((root) => join(folder, root)));
  return projects.map(({ path }) => (path === folder ? "." : path.slice(folder.length + 1)));
}

describe("findProjects()", () => {
  it("finds directories that have a build script, with their names, sorted by path", async (t) => {
    const folder = await makeFolder(t, {
      "package.json": BUILDABLE,
      "b/package.json": '{"name":"bee","scripts":{"build":"true"}}',
      "a/package.json": `\ufeff${BUILDABLE}`,
      "a/nested/package.json": '{"name":7,"scripts":{"build":"true"}}',
    });
    assert.deepEqual(await findProjects([folder]), [
      { path: folder, name: basename(folder) },
      { path: join(folder, "a"), name: "a" },
      { path: join(folder, "a/nested"), name: "nested" },
      { path: join(folder, "b"), name: "bee" },
    ]);
  });

  it("skips directories that cannot be built", async (t) => {
    const manifests = ['{"scripts":{"build":""}}', '{"scripts":{"build":7}}', '{"scripts":{}}', "{}", "[]", "{", ""];
    const files = manifests.map((manifest, index) => [`p${index}/package.json`, manifest]);
    const folder = await makeFolder(t, { ...Object.fromEntries(files), "no-manifest/file": "" });
    assert.deepEqual(await find(folder), []);
  });

  it("skips a package.json that is too large, or not a regular file", async (t) => {
    const folder = await makeFolder(t, {
      "good/package.json": BUILDABLE,
      "sparse/package.json": BUILDABLE,
      "directory/package.json/": "",
      "link/": "",
      "pipe/": "",
    });
    await symlink(join(folder, "good/package.json"), join(folder, "link/package.json"));
    execFileSync("mkfifo", [join(folder, "pipe/package.json")]);
    await truncate(join(folder, "sparse/package.json"), 400e6);
    const parse = t.mock.method(JSON, "parse");
    assert.deepEqual(await find(folder), ["good", "link"]);
    assert.deepEqual(parse.mock.calls.map((call) => call.arguments[0]), [BUILDABLE, BUILDABLE]);
  });

  it("does not follow symbolic links, except to a root", async (t) => {
    const folder = await makeFolder(t, { "root/app/package.json": BUILDABLE, "outside/package.json": BUILDABLE });
    await symlink(join(folder, "outside"), join(folder, "root/escape"));
    await symlink("..", join(folder, "root/app/loop"));
    await symlink(join(folder, "root"), join(folder, "entrance"));
    assert.deepEqual(await find(folder, ["entrance"]), ["root/app"]);
  });

  it("does not look into node_modules and hidden directories", async (t) => {
    const names = ["node_modules/a", ".git", ".cache/b", "app/node_modules", "app/.hidden/c", "app/node_modules_2"];
    const folder = await makeFolder(t, Object.fromEntries(names.map((name) => [`${name}/package.json`, BUILDABLE])));
    assert.deepEqual(await find(folder), ["app/node_modules_2"]);
  });

  it("looks three levels down", async (t) => {
    const names = ["a", "a/b", "a/b/c", "a/b/c/d"];
    const folder = await makeFolder(t, Object.fromEntries(names.map((name) => [`${name}/package.json`, BUILDABLE])));
    assert.deepEqual(await find(folder), ["a", "a/b", "a/b/c"]);
  });

  it("looks at no more than 2000 directories, the upper ones first", async (t) => {
    // The folder itself, 1999 folders in it, and one folder below those.
    const names = Array.from({ length: 1999 }, (_, index) => `d${index}/`);
    const folder = await makeFolder(t, {
      ...Object.fromEntries(names.map((name) => [name, ""])),
      "d0/app/package.json": BUILDABLE,
    });
    assert.deepEqual(await find(folder), []);
    await rmdir(join(folder, "d1998"));
    assert.deepEqual(await find(folder), ["d0/app"]);
    for (let index = 0; index < 100; index++) await mkdir(join(folder, `more${index}`));
    assert.deepEqual(await find(folder), []);
  });

  it("finds no more than 200 projects", async (t) => {
    const names = Array.from({ length: 201 }, (_, index) => `p${index}/package.json`);
    const folder = await makeFolder(t, Object.fromEntries(names.map((name) => [name, BUILDABLE])));
    assert.equal((await find(folder)).length, 200);
  });

  it("finds a project once when one root lies below another, and skips missing roots", async (t) => {
    const folder = await makeFolder(t, { "a/b/package.json": BUILDABLE, file: "" });
    assert.deepEqual(await find(folder, [".", "a", "a/b", "a", "missing", "file"]), ["a/b"]);
  });
});
