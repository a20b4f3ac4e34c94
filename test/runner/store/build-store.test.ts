import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:fs";
import promises, { chmod, lstat, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, it } from "node:test";
import { BuildStore } from "../../../dist/runner/store/build-store.js";
import { identify } from "../../../dist/runner/process/identity.js";
import { createBuildId } from "../../../dist/runner/build-id.js";
import { makeFolder } from "../../support/folders.js";
import type { TestContext } from "node:test";
import type { StoredBuild } from "../../../dist/runner/store/build-store.js";
import type { BuildRecord } from "../../../dist/runner/record.js";

function record(change: Partial<BuildRecord> = {}): BuildRecord {
  return {
    id: createBuildId(),
    projectPath: "/p",
    projectName: "p",
    packageManager: null,
    nodeVersion: null,
    script: null,
    install: null,
    variables: [],
    hint: null,
    git: null,
    result: null,
    color: null,
    lastOutputAt: null,
    status: "queued",
    queuePosition: 1,
    message: null,
    steps: [],
    estimatedDuration: null,
    queuedAt: "2026-11-22T00:00:00.000Z",
    startedAt: null,
    finishedAt: null,
    ...change,
  };
}

/** Opens the folder as the next process would, and loads the builds. */
async function reload(store: BuildStore, folder: string): Promise<(StoredBuild | undefined)[]> {
  await store.close();
  const next = await BuildStore.open(folder);
  const found = [...(await next.load(assert.fail)).values()];
  await next.close();
  return found;
}

async function open(t: TestContext): Promise<{ store: BuildStore; folder: string }> {
  const folder = join(await makeFolder(t), "deep", "data");
  const store = await BuildStore.open(folder);
  t.after(() => store.close());
  return { store, folder };
}

describe("BuildStore", () => {
  it("stores builds and their changes for their owner alone, the oldest first", async (t) => {
    const { store, folder } = await open(t);
    const older = record();
    const newer = record({ id: older.id.replace(/^./, "z") });
    await store.save(newer.id, { record: newer });
    await store.save(older.id, { record: older });
    const identity = identify(process.pid) ?? null;
    await store.save(older.id, { cookie: "c", identity });
    await store.save("0".repeat(16), { cookie: "of a build that nobody knows" });
    const modes = ["", "builds", `builds/${older.id}`, `builds/${older.id}/build.json`].map(async (path) => {
      return ((await stat(join(folder, path))).mode & 0o777).toString(8);
    });
    assert.deepEqual(await Promise.all(modes), ["700", "700", "700", "600"]);
    assert.deepEqual(await reload(store, folder), [
      { record: older, cookie: "c", identity },
      { record: newer, cookie: null, identity: null },
    ]);
    assert.deepEqual(await readdir(folder), ["builds"]);
  });

  it("refuses a folder that is a link, or that others may write to", async (t) => {
    const folder = await makeFolder(t, { "real/": "", "shared/": "", "planted/": "" });
    await symlink(join(folder, "real"), join(folder, "link"));
    await chmod(join(folder, "shared"), 0o777);
    await symlink(join(folder, "real"), join(folder, "planted", "builds"));
    for (const name of ["link", "shared", "planted"]) {
      await assert.rejects(BuildStore.open(join(folder, name)), { code: "UNSAFE_DATA" }, name);
    }
    assert.deepEqual(await readdir(join(folder, "real")), []);
  });

  it("names the problem when its path is a file or a broken link", async (t) => {
    const folder = await makeFolder(t, { file: "untouched", "locked/lock/": "" });
    await symlink(join(folder, "nowhere"), join(folder, "broken"));
    const refusals = { file: "it is not a folder", broken: "it is a broken symb", locked: '"lock" in it is a' };
    for (const [name, reason] of Object.entries(refusals)) {
      const refusal = { code: "UNSAFE_DATA", message: new RegExp(`^Cannot use .*${name}: ${reason}`) };
      await assert.rejects(BuildStore.open(join(folder, name)), refusal, name);
    }
    assert.deepEqual(await readdir(join(folder, "locked")), ["builds", "lock"]);
  });

  it("fails at once when it cannot write to the folder of the builds", async (t) => {
    const folder = await makeFolder(t, { "builds/": "" });
    t.mock.method(promises, "access", async (path: string, mode: number) => {
      assert.equal(mode, constants.W_OK | constants.X_OK);
      if (path.endsWith("builds")) throw Object.assign(new Error("read-only"), { code: "EROFS" });
    });
    syncBuiltinESMExports();
    t.after(() => (t.mock.restoreAll(), syncBuiltinESMExports()));
    await assert.rejects(BuildStore.open(folder), { code: "EROFS" });
  });

  it("refuses the builds that other users could have changed, and reads no named pipe", async (t) => {
    const { store, folder } = await open(t);
    const paths = new Map<string, string>();
    for (const name of ["folder", "build.json", "events", "pipe"]) {
      const build = record();
      await store.save(build.id, { record: build });
      const own = join(folder, "builds", build.id);
      const path = name === "folder" ? own : join(own, name === "pipe" ? "build.json" : name);
      paths.set(build.id, path);
      if (name === "events") await writeFile(path, "");
      if (name === "pipe") await rm(path).then(() => execFileSync("mkfifo", [path]));
      else await chmod(path, 0o777);
    }
    await store.close();
    execFileSync("mkfifo", [join(folder, "lock")]);
    const next = await BuildStore.open(folder);
    t.after(() => next.close());
    const problems: string[] = [];
    assert.deepEqual([...(await next.load((problem) => problems.push(problem))).keys()], []);
    for (const path of [...paths].sort().map(([, path]) => path)) {
      assert.match(problems.shift() ?? "", new RegExp(`: Cannot use ${path}: (other users may|it is not a reg)`));
    }
  });

  it("refuses a folder that everybody can replace, but not one in a sticky folder, as /tmp is", async (t) => {
    const folder = await makeFolder(t, { "shared/own/": "" });
    const shared = join(folder, "shared");
    await chmod(shared, 0o777);
    for (const name of ["own", "new", "new/deep"]) {
      const refusal = { code: "UNSAFE_DATA", message: /everybody may write/ };
      await assert.rejects(BuildStore.open(join(shared, name)), refusal, name);
    }
    await chmod(shared, 0o1777);
    await (await BuildStore.open(join(shared, "own"))).close();
  });

  it("refuses a folder of another user", async (t) => {
    const folder = await makeFolder(t);
    const user = process.geteuid?.() ?? 0;
    t.mock.method(process as { geteuid: () => number }, "geteuid", () => user + 1);
    const message = `Cannot use ${folder}: it belongs to another user; choose another folder`;
    await assert.rejects(BuildStore.open(folder), { code: "UNSAFE_DATA", message });
  });

  it("writes nothing through a link", async (t) => {
    const { store, folder } = await open(t);
    const target = join(await makeFolder(t, { file: "untouched", "folder/": "" }), "file");
    const known = record();
    await store.save(known.id, { record: known });
    const path = join(folder, "builds", known.id, "build.json");
    await rm(path);
    await symlink(target, path);
    await symlink(target, `${path}.new`);
    await store.save(known.id, { record: { ...known, message: "new" } });
    assert.equal(await readFile(target, "utf8"), "untouched");
    assert.equal((await lstat(path)).isSymbolicLink(), false);
    await store.close();
    // A log that is a link, and a folder that is one.
    await symlink(target, join(folder, "builds", known.id, "events"));
    await symlink(join(target, "..", "folder"), join(folder, "builds", "0000000000000001"));
    const next = await BuildStore.open(folder);
    t.after(() => next.close());
    const problems: string[] = [];
    assert.deepEqual([...(await next.load((problem) => problems.push(problem))).keys()], []);
    assert.deepEqual(problems, [`cannot read ${path}: Cannot use ${next.logPath(known.id)}: it is a symbolic link`]);
  });

  it("completes a record of an earlier version, which had other fields", async (t) => {
    const { store, folder } = await open(t);
    const { estimatedDuration: _, variables: __, color: ___, ...older } = record();
    await store.save(older.id, { record: { ...older, estimatedMs: 42_000 } as unknown as BuildRecord });
    const [found] = await reload(store, folder);
    assert.equal(found?.record.estimatedDuration, null);
    assert.deepEqual(found.record.variables, []);
    assert.equal(found.record.color, null);
  });

  it("writes one state after the other, and the newest one last", async (t) => {
    const { store, folder } = await open(t);
    const first = record();
    const saves = Array.from({ length: 50 }, (_, index) =>
      store.save(first.id, { record: { ...first, message: String(index) } }),
    );
    await Promise.race(saves);
    await Promise.all(saves);
    await store.save(first.id);
    const [stored] = await reload(store, folder);
    assert.equal(stored?.record.message, "49");
    assert.deepEqual(await readdir(join(folder, "builds", first.id)), ["build.json"]);
  });

  it("removes a build with its log, and no longer writes its state", async (t) => {
    const { store, folder } = await open(t);
    const gone = record();
    await store.save(gone.id, { record: gone });
    await writeFile(store.logPath(gone.id), "data: x\n\n");
    assert.equal(await store.logBytes(gone.id), 9);
    const late = store.save(gone.id, { cookie: "c" });
    await store.remove(gone.id);
    await late;
    await store.save(gone.id, { cookie: "c" });
    assert.equal(await store.logBytes(gone.id), 0);
    assert.deepEqual(await reload(store, folder), []);
  });

  it("stores the index of a log until the build is removed, and reads it through no link", async (t) => {
    const folder = await makeFolder(t);
    const store = await BuildStore.open(folder);
    const { id } = record();
    await store.saveIndex(id, "too early");
    assert.equal(await store.readIndex(id), undefined);
    await store.save(id, { record: record({ id }) });
    await store.saveIndex(id, "the index");
    assert.equal(await store.readIndex(id), "the index");
    const path = join(folder, "builds", id, "lines");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    await rm(path);
    await symlink(store.logPath(id), path);
    await writeFile(store.logPath(id), "elsewhere");
    assert.equal(await store.readIndex(id), undefined);
    const write = store.saveIndex(id, "another index");
    await store.remove(id);
    await write;
    await store.saveIndex(id, "too late");
    assert.deepEqual(await store.ids(), []);
    await store.close();
  });

  it("reports builds that it cannot read, keeps their files, and reads the others", async (t) => {
    const { store, folder } = await open(t);
    const good = record();
    await store.save(good.id, { record: good });
    await store.close();
    const bad = new Map([
      ["0000000000000001", "{ torn"],
      ["0000000000000002", JSON.stringify({ record: record() })],
      ["0000000000000003", JSON.stringify({ record: record({ id: "0000000000000003", status: "odd" as never }) })],
      ["0000000000000004", JSON.stringify({ record: record({ id: "0000000000000004", steps: 7 as never }) })],
      ["0000000000000005", "null"],
    ]);
    for (const [id, text] of bad) {
      await mkdir(join(folder, "builds", id));
      await writeFile(join(folder, "builds", id, "build.json"), text);
    }
    await mkdir(join(folder, "builds", "0000000000000006"));
    await mkdir(join(folder, "builds", "not a build"));
    const next = await BuildStore.open(folder);
    t.after(() => next.close());
    const problems: string[] = [];
    const found = await next.load((problem) => problems.push(problem));
    assert.deepEqual([...found.keys()], ["0000000000000006", good.id]);
    assert.equal(found.get("0000000000000006"), undefined, "only its log can tell");
    assert.equal(problems.length, bad.size);
    for (const [index, [id, text]] of [...bad].entries()) {
      assert.ok(problems[index]?.includes(id), problems[index]);
      assert.equal(await readFile(join(folder, "builds", id, "build.json"), "utf8"), text);
    }
  });

  it("rejects when a state cannot be written, and writes the next one", async (t) => {
    const { store, folder } = await open(t);
    const build = record();
    await store.save(build.id, { record: build });
    await rm(join(folder, "builds"), { recursive: true });
    await writeFile(join(folder, "builds"), "in the way");
    await assert.rejects(store.save(build.id, { cookie: "c" }), { code: "ENOTDIR" });
    await rm(join(folder, "builds"));
    await store.save(build.id);
    const [stored] = await reload(store, folder);
    assert.equal(stored?.cookie, "c");
  });

  it("makes no path from a text that is not the id of a build", async (t) => {
    const { store } = await open(t);
    for (const id of ["../../etc/passwd", "", "0".repeat(15), "A".repeat(16)]) {
      assert.throws(() => store.logPath(id), RangeError);
    }
  });
});

describe("BuildStore: its folder", () => {
  it("is used by one process at a time", async (t) => {
    const { store, folder } = await open(t);
    await assert.rejects(BuildStore.open(folder), { code: "DATA_IN_USE" });
    await store.close();
    await (await BuildStore.open(folder)).close();
  });

  it("is free when its process was killed, even if another process has the pid now", async (t) => {
    const { store, folder } = await open(t);
    await store.close();
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
    t.after(() => child.kill("SIGKILL"));
    await once(child, "spawn");
    const identity = identify(Number(child.pid));
    assert.ok(identity);
    const lock = join(folder, "lock");
    await writeFile(lock, JSON.stringify(identity));
    await assert.rejects(BuildStore.open(folder), { code: "DATA_IN_USE", message: new RegExp(String(child.pid)) });
    await writeFile(lock, JSON.stringify({ ...identity, startTime: identity.startTime - 1 }));
    await (await BuildStore.open(folder)).close();
    await writeFile(lock, JSON.stringify({ pid: child.pid }));
    await assert.rejects(BuildStore.open(folder), { code: "DATA_IN_USE" }, "without more, a process that runs counts");
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    for (const text of [JSON.stringify(identity), JSON.stringify({ pid: child.pid }), "", "\0\0", "{}"]) {
      await writeFile(lock, text);
      await (await BuildStore.open(folder)).close();
    }
  });

  it("keeps the lock of another program, and refuses its folder", async (t) => {
    for (const text of ["4711\n", "4711 program host\n", "null", "x".repeat(10_000)]) {
      const folder = await makeFolder(t, { lock: text });
      await assert.rejects(BuildStore.open(folder), { code: "UNSAFE_DATA", message: /"lock" in it was not made by/ });
      assert.equal(await readFile(join(folder, "lock"), "utf8"), text);
    }
  });
});
