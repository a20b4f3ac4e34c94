import assert from "node:assert/strict";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pinDirectories, pinProblem } from "../../../dist/runner/project/directory-pin.js";
import { makeFolder } from "../../support/folders.js";

describe("pinDirectories()", () => {
  it("records each directory once, as plain JSON", async (t) => {
    const folder = await makeFolder(t, { "app/": "" });
    const pins = await pinDirectories([folder, join(folder, "app"), folder]);
    assert.deepEqual(
      pins.map(({ path }) => path),
      [folder, join(folder, "app")],
    );
    assert.deepEqual(JSON.parse(JSON.stringify(pins)), pins);
  });

  it("rejects when a path leads nowhere", async (t) => {
    const folder = await makeFolder(t);
    await assert.rejects(pinDirectories([folder, join(folder, "app")]), { code: "ENOENT" });
  });
});

describe("pinProblem()", () => {
  type Change = (app: string, folder: string) => Promise<unknown>;
  const changes: readonly (readonly [name: string, reason: string | undefined, change: Change])[] = [
    ["is still the same", undefined, async () => undefined],
    ["became a link out of the root", "another", (app) => replace(app, () => symlink("/", app))],
    ["became a link to itself", "another", (app) => replace(app, () => symlink(`${app}.aside`, app))],
    ["was replaced by a new one", "another", (app) => replace(app, () => mkdir(app))],
    ["was removed", "gone", (app) => rm(app, { recursive: true })],
    ["was replaced further up", "another", (_, folder) => replace(folder, () => symlink(`${folder}.aside`, folder))],
  ];
  for (const [name, reason, change] of changes) {
    it(`recognizes a directory that ${name}`, async (t) => {
      const root = await makeFolder(t, { "folder/app/": "" });
      const folder = join(root, "folder");
      const app = join(folder, "app");
      const pins = await pinDirectories([root, app]);
      await change(app, folder);
      const problem = await pinProblem(pins);
      if (reason === "gone") {
        assert.match(problem ?? "", /^\/.*\/app no longer exists \(ENOENT/);
      } else {
        const another = `${app} is another directory than when the build was accepted; build it again`;
        assert.equal(problem, reason && another);
      }
    });
  }

  async function replace(path: string, put: () => Promise<unknown>): Promise<void> {
    await rename(path, `${path}.aside`);
    await put();
  }
});
