import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, it } from "node:test";
import { WindowsTree } from "../../../dist/runner/process/windows-tree.js";
import type { ChildProcess } from "node:child_process";
import type { TestContext } from "node:test";
import type { Call } from "../../../dist/runner/program/windows.js";

function startLeader(t: TestContext): ChildProcess & { readonly pid: number } {
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  assert.ok(child.pid !== undefined);
  return child as ChildProcess & { readonly pid: number };
}

describe("WindowsTree", () => {
  it("kills the tree, once", async (t) => {
    const leader = startLeader(t);
    const killed: number[] = [];
    const tree = new WindowsTree(leader, (pid): Call => {
      killed.push(pid);
      return { command: "kill", args: ["-KILL", String(pid)] };
    });
    assert.equal(await tree.isEmptyWithin(0), false);
    assert.equal(await tree.isEmptyWithin(2 ** 31 - 1, AbortSignal.abort()), false);
    assert.equal(await tree.terminate(), true);
    assert.equal(leader.signalCode, "SIGKILL");
    assert.equal(await tree.isEmptyWithin(0), true);
    assert.equal(await tree.terminate(), true);
    assert.deepEqual(killed, [leader.pid]);
  });

  it("reports when that did not help", async (t) => {
    const tree = new WindowsTree(startLeader(t), () => ({ command: "/no/such/program", args: [] }));
    let now = 0;
    t.mock.method(performance, "now", () => (now += 1000));
    assert.equal(await tree.terminate(), false);
  });
});
