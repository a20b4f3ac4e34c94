import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { describe, it } from "node:test";
import { createCookie, findByCookie, isCookie } from "../../../dist/runner/process/marker.js";
import { watchDelays } from "../delays.js";
import type { TestContext } from "node:test";

function start(t: TestContext, env: Record<string, string>): number {
  const child = spawn("/bin/sleep", ["1000"], { env, stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  assert.ok(child.pid !== undefined);
  return child.pid;
}

/** Replaces functions of node:fs/promises, also for those who have imported them. */
function mockFiles(t: TestContext, files: Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>): void {
  for (const [name, replacement] of Object.entries(files)) t.mock.method(fs, name as "stat", replacement as never);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

describe("findByCookie()", () => {
  it("finds the processes that carry it as the whole value of the variable", async (t) => {
    const cookie = createCookie();
    const carriers = [start(t, { TAILCAST_BUILD: cookie }), start(t, { A: "1", TAILCAST_BUILD: cookie, Z: "2" })];
    for (const env of [
      { TAILCAST_BUILD: createCookie() },
      { TAILCAST_BUILD: `${cookie}0` },
      { MY_TAILCAST_BUILD: cookie },
      { OTHER: `TAILCAST_BUILD=${cookie}` },
    ]) {
      start(t, env);
    }
    const found = await findByCookie(cookie);
    assert.deepEqual(found.map(({ pid }) => pid).toSorted(), carriers.toSorted());
  });

  it("does not find the processes of other users", async (t) => {
    const cookie = createCookie();
    start(t, { TAILCAST_BUILD: cookie });
    mockFiles(t, { stat: async () => ({ uid: (process.geteuid?.() ?? 0) + 1 }) });
    assert.deepEqual(await findByCookie(cookie), []);
  });

  it("finds nothing where the system has no /proc", async (t) => {
    mockFiles(t, { readdir: async () => Promise.reject(new Error("ENOENT")) });
    assert.deepEqual(await findByCookie(createCookie()), []);
  });

  it("gives up on a process that cannot be read, and keeps what it has found", async (t) => {
    const cookie = createCookie();
    const pid = start(t, { TAILCAST_BUILD: cookie });
    watchDelays(t, 1);
    const original = fs.readFile as (...args: unknown[]) => Promise<unknown>;
    mockFiles(t, {
      readdir: async () => [String(pid), "77"],
      readFile: (...args) => (args[0] === "/proc/77/environ" ? new Promise(() => undefined) : original(...args)),
      stat: async () => ({ uid: process.geteuid?.() }),
    });
    // The delay that ends the search is cut short: it may be over before anything was found.
    while ((await findByCookie(cookie)).length === 0) continue;
  });
});

describe("isCookie()", () => {
  it("knows the form of a cookie", () => {
    assert.equal(isCookie(createCookie()), true);
    assert.notEqual(createCookie(), createCookie());
    for (const other of ["", "0".repeat(31), `${"0".repeat(32)}\0`, "G".repeat(32), 7, null, undefined]) {
      assert.equal(isCookie(other), false);
    }
  });
});
