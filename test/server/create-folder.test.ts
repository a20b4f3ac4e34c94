import assert from "node:assert/strict";
import { stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BuildApp } from "../../dist/index.js";
import { BuildStore } from "../../dist/runner/store/build-store.js";
import { createFolder } from "../../dist/create-folder.js";
import { makeFolder } from "../support/folders.js";

describe("createFolder()", () => {
  it("creates the missing folders, for the user alone", async (t) => {
    const path = join(await makeFolder(t), "a", "b");
    await Promise.all([createFolder(path), createFolder(path)]);
    await createFolder(path);
    assert.equal((await stat(path)).mode & 0o777, 0o700);
    assert.equal((await stat(join(path, ".."))).mode & 0o777, 0o700);
  });

  it("creates folders whose missing parent is created by others at the same time", async (t) => {
    const root = await makeFolder(t);
    for (let round = 0; round < 50; round++) {
      // Paths of different lengths reach the parent at different moments.
      const paths = Array.from({ length: 8 }, (_, depth) => join(root, String(round), "a/".repeat(depth)));
      await Promise.all(paths.map(createFolder));
    }
  });

  it("fails at once where no folder can be created", async (t) => {
    await assert.rejects(createFolder("/proc/tailcast/x"), { code: "ENOENT" });
    await assert.rejects(createFolder("/dev/null"), { code: "EEXIST" });
    await assert.rejects(createFolder("/dev/null/x"), { code: "ENOTDIR" });
    const link = join(await makeFolder(t), "link");
    await symlink(join(link, "..", "missing"), link);
    await assert.rejects(createFolder(join(link, "x")), { code: "EEXIST" });
  });

  it("makes a store and an app fail immediately as well", async () => {
    const path = "/proc/tailcast/x";
    await assert.rejects(BuildStore.open(path), { code: "ENOENT" });
    await assert.rejects(BuildApp.open({ roots: [process.cwd()], data: path }), { code: "ENOENT" });
  });
});
