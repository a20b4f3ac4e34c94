import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { describe, it } from "node:test";
import { ProcessGroup } from "../../../dist/runner/process/group.js";
import type { ChildProcess } from "node:child_process";
import type { TestContext } from "node:test";

type Leader = ChildProcess & { readonly pid: number };

/** Starts a process that leads its own group and ends only when it is killed. */
function startLeader(t: TestContext): Leader {
  const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  assert.ok(child.pid !== undefined);
  return child as Leader;
}

/** Starts a leader that has ended, while the kernel still knows its group. */
async function endedLeader(t: TestContext): Promise<Leader> {
  const leader = startLeader(t);
  leader.kill("SIGKILL");
  await once(leader, "exit");
  t.mock.method(process, "kill", () => true);
  return leader;
}

/** Replaces functions of node:fs/promises, also in modules that have imported them. */
function mockFiles(t: TestContext, files: Readonly<Record<string, (path: string) => Promise<unknown>>>): void {
  for (const [name, replacement] of Object.entries(files)) t.mock.method(fs, name as "readdir", replacement as never);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

describe("ProcessGroup", () => {
  it("is alive until its leader has ended", async (t) => {
    const leader = startLeader(t);
    const group = new ProcessGroup(leader);
    assert.equal(await group.isAlive(), true);
    assert.equal(await group.isEmptyWithin(0), false);
    assert.equal(await group.terminate(60_000), true);
    assert.equal(await group.isAlive(), false);
    assert.equal(leader.signalCode, "SIGTERM");
  });

  it("is never signalled again once it was empty", async (t) => {
    const leader = startLeader(t);
    const group = new ProcessGroup(leader);
    await group.terminate(60_000);
    const kill = t.mock.method(process, "kill", () => true);
    assert.equal(await group.terminate(60_000), true);
    assert.equal(await group.isAlive(), false);
    assert.equal(kill.mock.callCount(), 0);
  });

  it("stops waiting when the signal aborts", async (t) => {
    const group = new ProcessGroup(startLeader(t));
    const controller = new AbortController();
    const wait = group.isEmptyWithin(2 ** 31 - 1, controller.signal);
    controller.abort();
    assert.equal(await wait, false);
  });

  it("counts a group of another user as alive", async (t) => {
    const group = new ProcessGroup(startLeader(t));
    t.mock.method(process, "kill", () => {
      throw Object.assign(new Error("not permitted"), { code: "EPERM" });
    });
    assert.equal(await group.isAlive(), true);
    t.mock.restoreAll();
    await group.terminate(0);
  });

  it("does not count zombies and members of other groups", async (t) => {
    const leader = await endedLeader(t);
    let state = "S";
    const readFile = async (path: string): Promise<string> => {
      if (path === "/proc/12/stat") return `12 (a) Z (b c) ${state} 1 ${leader.pid} 5 0`;
      if (path === "/proc/13/stat") return `13 (sleep) S ${leader.pid} 13 ${leader.pid} 0`;
      throw new Error("it has ended meanwhile");
    };
    mockFiles(t, { readdir: async () => ["self", "11", "12", "13"], readFile });
    assert.equal(await new ProcessGroup(leader).isAlive(), true);
    for (state of ["Z", "X"]) {
      const group = new ProcessGroup(leader);
      assert.equal(await group.isAlive(), false);
      assert.equal(await group.isAlive(), false, "and stays so");
    }
  });

  it("counts every member when the system has no /proc", async (t) => {
    const leader = await endedLeader(t);
    mockFiles(t, { readdir: async () => Promise.reject(new Error("ENOENT")) });
    assert.equal(await new ProcessGroup(leader).isAlive(), true);
  });
});
