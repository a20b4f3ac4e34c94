import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { describeResultFolders } from "../../../dist/runner/result/build-result.js";
import { BuildQueue } from "../../../dist/runner/build-queue.js";
import { makeFolder } from "../../support/folders.js";
import { shellStep } from "../one-build.js";
import type { BuildRecord } from "../../../dist/runner/record.js";

describe("describeResultFolders()", () => {
  it("has a line for each folder", () => {
    const lines = (bytes: number, bytesBefore: number | null, files = 8, isComplete = true): string[] => {
      const folder = { path: "dist", files, bytes, isWhole: true, bytesBefore };
      return describeResultFolders({ folders: [folder], isComplete });
    };
    assert.deepEqual(lines(254_200, 251_000), ["dist: 8 files, 254 kB, +3.2 kB"]);
    assert.deepEqual(lines(999, 1999, 1), ["dist: 1 file, 999 B, -1 kB"]);
    assert.deepEqual(lines(12_340_000, null), ["dist: 8 files, 12.3 MB"]);
    assert.deepEqual(lines(999_960, 999_960), ["dist: 8 files, 1 MB, same size"]);
    const cut = "the project has too many files: these numbers are not complete";
    assert.deepEqual(lines(1, null, 1, false), ["dist: 1 file, 1 B", cut]);
  });
});

describe("the result of a build", () => {
  it("is in the record and the log, compared with the last build that succeeded", async (t) => {
    const projectPath = await makeFolder(t, { "src/a.txt": "a", "src/b.txt": "b" });
    // Longer than the tolerance for the clock of the kernel.
    await delay(50);
    const lines: string[] = [];
    const ends: BuildRecord[] = [];
    let next: (() => void) | undefined;
    const queue = new BuildQueue({
      onEvent: (event) => {
        if (event.type === "line" && event.step === null) lines.push(event.text);
        if (event.type === "end") ends.push(event.build);
        if (event.type === "end") next?.();
      },
    });
    t.after(() => queue.close());
    const build = async (script: string): Promise<BuildRecord | undefined> => {
      const ended = new Promise<void>((resolve) => (next = resolve));
      const plan = { projectPath, projectName: "p", packageManager: null, reason: "", warnings: [] };
      queue.add({ ...plan, steps: [shellStep(script, { cwd: projectPath })] });
      await ended;
      return ends.at(-1);
    };
    const folder = { path: "dist", files: 1, bytes: 5, isWhole: true, bytesBefore: null };
    const first = await build("mkdir dist; printf 12345 > dist/a.js");
    assert.deepEqual(first?.result, { folders: [folder], isComplete: true });
    assert.equal((await build("printf 1 > dist/a.js; exit 1"))?.result, null);
    const third = await build("printf 123456 > dist/a.js; printf 1 > dist/b.js");
    assert.deepEqual(third?.result?.folders, [{ ...folder, files: 2, bytes: 7, bytesBefore: 5 }]);
    assert.deepEqual(lines.filter((text) => text.startsWith("dist")), [
      "dist: 1 file, 5 B",
      "dist: 2 files, 7 B, +2 B",
    ]);
  });
});
