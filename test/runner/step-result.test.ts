import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeResult, recordResult } from "../../dist/runner/step-result.js";
import type { StepResult } from "../../dist/runner/process/run-step.js";

const cases: readonly (readonly [result: StepResult, text: string, record: readonly unknown[]])[] = [
  [{ type: "succeeded" }, "x succeeded", ["succeeded", 0, null]],
  [{ type: "failed", exitCode: 7 }, "x failed with exit code 7", ["failed", 7, null]],
  [
    { type: "failed", exitCode: 137 },
    "x failed with exit code 137, which stands for SIGKILL: probably out of memory",
    ["failed", 137, null],
  ],
  [{ type: "killed", signal: "SIGSEGV" }, "x was killed by SIGSEGV", ["failed", null, "SIGSEGV"]],
  [
    { type: "killed", signal: "SIGKILL" },
    "x was killed by SIGKILL, probably out of memory",
    ["failed", null, "SIGKILL"],
  ],
  [{ type: "aborted", exitCode: null, signal: "SIGTERM" }, "x was stopped by SIGTERM", ["timed-out", null, "SIGTERM"]],
  [{ type: "aborted", exitCode: 0, signal: null }, "x was stopped and ended with exit code 0", ["timed-out", 0, null]],
  [{ type: "aborted", exitCode: null, signal: null }, "x was stopped", ["timed-out", null, null]],
  [{ type: "not-started", reason: "no x" }, "x could not start: no x", ["failed", null, null]],
];

describe("describeResult()", () => {
  for (const [result, text] of cases) {
    it(`returns "${text}"`, () => assert.equal(describeResult("x", result), text));
  }
});

describe("recordResult()", () => {
  for (const [result, text, [status, exitCode, signal]] of cases) {
    const record = { status, exitCode, signal };
    it(`records "${text}"`, () => assert.deepEqual(recordResult(result, "timed-out"), record));
  }
});
