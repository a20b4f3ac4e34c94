import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ProjectCache } from "../../../dist/runner/project/project-cache.js";
import { makeFolder } from "../../support/folders.js";

const BUILDABLE = '{"scripts":{"build":"true"}}';

async function addProject(folder: string, name: string): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "package.json"), BUILDABLE);
}

describe("ProjectCache", () => {
  it("finds the projects below its roots", async (t) => {
    const folder = await makeFolder(t, { "a/app/package.json": BUILDABLE, "b/package.json": BUILDABLE });
    const finder = new ProjectCache([join(folder, "a"), join(folder, "b")]);
    assert.deepEqual(await finder.find(), [
      { path: join(folder, "a/app"), name: "app" },
      { path: join(folder, "b"), name: "b" },
    ]);
    assert.equal(await finder.find(), await finder.find());
  });

  it("keeps a result for five seconds", async (t) => {
    const folder = await makeFolder(t);
    let now = 0;
    const finder = new ProjectCache([folder], { now: () => now });
    const names = async (): Promise<string[]> => (await finder.find()).map(({ name }) => name);
    assert.deepEqual(await names(), []);
    await addProject(folder, "a");
    now = 4999;
    assert.deepEqual(await names(), []);
    now = 5000;
    assert.deepEqual(await names(), ["a"]);
    await addProject(folder, "b");
    now = 9999;
    assert.deepEqual(await names(), ["a"]);
    now = 10_000;
    assert.deepEqual(await names(), ["a", "b"]);
  });

  it("shares one search between all callers during it, and keeps the result for five seconds", async (t) => {
    const folder = await makeFolder(t, { "a/package.json": BUILDABLE });
    let now = 0;
    const finder = new ProjectCache([folder], { now: () => now });
    const first = finder.find();
    now = 60_000;
    assert.equal(finder.find(), first);
    await first;
    now = 64_999;
    assert.equal(finder.find(), first);
    now = 65_000;
    assert.notEqual(finder.find(), first);
    await finder.find();
  });
});
