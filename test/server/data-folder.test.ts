import assert from "node:assert/strict";
import { chmod, mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { defaultDataFolder, moveOldFolder } from "../../dist/cli/serve/data-folder.js";
import { BuildStore } from "../../dist/runner/store/build-store.js";
import { makeFolder } from "../support/folders.js";
import { sampleBuild } from "../support/sample-builds.js";
import type { TestContext } from "node:test";
import type { BuildRecord } from "../../dist/runner/record.js";

/** A working directory with the folder of an older version, and the place where it should go. */
async function scene(t: TestContext): Promise<{ cwd: string; old: string; folder: string }> {
  const cwd = await makeFolder(t);
  const old = join(cwd, ".tailcast");
  await mkdir(join(old, "builds", "0123456789abcdef"), { recursive: true, mode: 0o700 });
  await writeFile(join(old, "feed"), "order");
  await writeFile(join(old, "builds", "0123456789abcdef", "events"), "text");
  await writeBuild(old, { status: "failed", finishedAt: "2026-11-22T00:00:00.000Z" });
  return { cwd, old, folder: join(cwd, "state", "tailcast", "x") };
}

async function writeBuild(old: string, changes: Partial<BuildRecord>): Promise<void> {
  const record = sampleBuild({ id: "0123456789abcdef", ...changes });
  const folder = join(old, "builds", record.id);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(join(folder, "build.json"), JSON.stringify({ record, cookie: null, identity: null }));
}

describe("defaultDataFolder()", () => {
  it("is in the state directory, one for each set of roots", () => {
    const folder = defaultDataFolder(["/a", "/b"], { XDG_STATE_HOME: "/state" });
    assert.match(folder, /^\/state\/tailcast\/[0-9a-f]{16}$/);
    assert.equal(defaultDataFolder(["/b", "/a"], { XDG_STATE_HOME: "/state" }), folder);
    assert.notEqual(defaultDataFolder(["/a"], { XDG_STATE_HOME: "/state" }), folder);
  });

  it("is in the home directory without a usable XDG_STATE_HOME", () => {
    for (const env of [{}, { XDG_STATE_HOME: "" }, { XDG_STATE_HOME: "relative" }]) {
      assert.ok(defaultDataFolder(["/a"], env).startsWith(join(homedir(), ".local", "state", "tailcast")));
    }
  });
});

describe("moveOldFolder()", () => {
  it("moves the folder of an older version once", async (t) => {
    const { cwd, old, folder } = await scene(t);
    assert.equal(await moveOldFolder(folder, cwd), `moved the builds of an older version from ${old} to ${folder}`);
    assert.equal(await readFile(join(folder, "feed"), "utf8"), "order");
    assert.equal(await moveOldFolder(folder, cwd), undefined);
    await mkdir(old, { mode: 0o700 });
    assert.equal(await moveOldFolder(folder, cwd), undefined, "there is one already");
    await (await BuildStore.open(folder)).close();
  });

  const planted: Readonly<Record<string, (old: string) => Promise<unknown>>> = {
    "other users may enter it": (old) => chmod(old, 0o755),
    "it has a file called run.sh": (old) => writeFile(join(old, "run.sh"), ""),
    "it has links or special files": (old) => symlink("/etc/passwd", join(old, "builds", "link")),
    "its build 0123456789abcdef has not ended": (old) => writeBuild(old, { status: "queued", finishedAt: null }),
    "its build 0123456789abcdeg has not ended": (old) =>
      writeBuild(old, { id: "0123456789abcdeg", status: "running", finishedAt: null }),
  };
  for (const [reason, plant] of Object.entries(planted)) {
    it(`leaves a folder alone when ${reason}`, async (t) => {
      const { cwd, old, folder } = await scene(t);
      await plant(old);
      const told = await moveOldFolder(folder, cwd);
      assert.ok(told?.startsWith(`warning: the builds in ${old} are not used: ${reason}; `), told);
      await assert.rejects(stat(folder), { code: "ENOENT" });
    });
  }

  it("leaves a link alone", async (t) => {
    const { cwd, old, folder } = await scene(t);
    const other = await makeFolder(t);
    await symlink(old, join(other, ".tailcast"));
    assert.match((await moveOldFolder(folder, other)) ?? "", /links/);
    assert.match((await moveOldFolder(folder, cwd)) ?? "", /^moved/);
  });

  it("leaves a folder alone that an older server uses", async (t) => {
    const { cwd, old, folder } = await scene(t);
    const store = await BuildStore.open(old);
    t.after(() => store.close());
    assert.match((await moveOldFolder(folder, cwd)) ?? "", /^warning: .* is using it/);
  });
});
