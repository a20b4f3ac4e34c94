import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs, { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { describe, it } from "node:test";
import { exists, identify } from "../../../dist/runner/process/identity.js";

describe("identify()", () => {
  it("identifies a process by its pid, its start and the boot", () => {
    const identity = identify(process.pid);
    assert.ok(identity !== undefined);
    const { pid, startTime, bootId } = identity;
    assert.equal(pid, process.pid);
    assert.equal(bootId, readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
    // The 22nd field. The name of this process has neither spaces nor brackets.
    assert.equal(startTime, Number(readFileSync("/proc/self/stat", "utf8").split(" ")[21]));
    assert.deepEqual(JSON.parse(JSON.stringify(identity)), identity);
  });

  it("returns undefined when no such process exists, or the system has no /proc", (t) => {
    for (const pid of [0, -1, 1.5, NaN, 2 ** 40]) assert.equal(identify(pid), undefined);
    t.mock.method(fs, "readFileSync", () => {
      throw new Error("ENOENT");
    });
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    assert.equal(identify(process.pid), undefined);
  });
});

describe("exists()", () => {
  it("is true for the same process only, until it has ended", async () => {
    const child = spawn("sleep", ["1000"]);
    const identity = identify(child.pid ?? 0);
    assert.ok(identity !== undefined);
    assert.equal(exists(identity), true);
    assert.equal(exists({ ...identity, startTime: identity.startTime + 1 }), false);
    assert.equal(exists({ ...identity, bootId: "another" }), false);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(exists(identity), false);
  });
});
