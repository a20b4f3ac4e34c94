import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { createCookie, findByCookie, isCookie } from "../../../dist/runner/process/marker.js";
import { watchDelays } from "../delays.js";
import type { TestContext } from "node:test";

function start(t: TestContext, env: Record<string, string>): number {
  const child = spawn("/bin/sleep", ["1000"], { env, stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  assert.ok(child.pid !== undefined);
  return child.pid;
}

/** Replaces functions of node:fs/promises, also in modules that have imported them. */
function mockFiles(t: TestContext, files: Readonly<Record<string, (...args: unknown[]) => Promise<unknown>>>): void {
  for (const [name, replacement] of Object.entries(files)) t.mock.method(fs, name as "stat", replacement as never);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

/** Collects the processes that carry a cookie. */
async function carriersOf(cookie: string): Promise<number[]> {
  const pids: number[] = [];
  await findByCookie(cookie, ({ pid }) => void pids.push(pid));
  return pids;
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
    assert.deepEqual((await carriersOf(cookie)).toSorted(), carriers.toSorted());
  });

  it("does not find the processes of other users", async (t) => {
    const cookie = createCookie();
    start(t, { TAILCAST_BUILD: cookie });
    mockFiles(t, { stat: async () => ({ uid: (process.geteuid?.() ?? 0) + 1 }) });
    assert.deepEqual(await carriersOf(cookie), []);
  });

  it("finds nothing when the system has no /proc", async (t) => {
    mockFiles(t, { readdir: async () => Promise.reject(new Error("ENOENT")) });
    assert.deepEqual(await carriersOf(createCookie()), []);
  });

  it("skips a process whose environment cannot be read, and finds the ones after it", async (t) => {
    const cookie = createCookie();
    const pid = start(t, { TAILCAST_BUILD: cookie });
    watchDelays(t, 20);
    const original = fs.readFile as (...args: unknown[]) => Promise<unknown>;
    mockFiles(t, {
      readdir: async () => ["77", String(pid)],
      readFile: (...args) => (args[0] === "/proc/77/environ" ? new Promise(() => undefined) : original(...args)),
      stat: async () => ({ uid: process.geteuid?.() }),
    });
    // The timeout of a read is shortened so much that it may expire before any environment was read. That read needs a
    // turn of the event loop to end.
    while ((await carriersOf(cookie)).length === 0) await setImmediate();
  });
});

describe("isCookie()", () => {
  it("accepts cookies only", () => {
    assert.equal(isCookie(createCookie()), true);
    assert.notEqual(createCookie(), createCookie());
    for (const other of ["", "0".repeat(31), `${"0".repeat(32)}\0`, "G".repeat(32), 7, null, undefined]) {
      assert.equal(isCookie(other), false);
    }
  });
});
