import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeOutcome, recordOutcome } from "../../dist/runner/outcome.js";
import type { StepOutcome } from "../../dist/runner/process/run-step.js";

const cases: readonly (readonly [outcome: StepOutcome, text: string, record: readonly unknown[]])[] = [
  [{ type: "succeeded" }, "x succeeded", ["succeeded", 0, null]],
  [{ type: "failed", exitCode: 7 }, "x failed with exit code 7", ["failed", 7, null]],
  [
    { type: "failed", exitCode: 137 },
    "x failed with exit code 137, which stands for SIGKILL: probably out of memory",
    ["failed", 137, null],
  ],
  [{ type: "killed", signal: "SIGSEGV" }, "x was killed by SIGSEGV", ["failed", null, "SIGSEGV"]],
  [{ type: "killed", signal: "SIGKILL" }, "x was killed by SIGKILL, probably out of memory", ["failed", null, "SIGKILL"]],
  [{ type: "aborted", exitCode: null, signal: "SIGTERM" }, "x was stopped by SIGTERM", ["timed-out", null, "SIGTERM"]],
  [{ type: "aborted", exitCode: 0, signal: null }, "x was stopped and ended with exit code 0", ["timed-out", 0, null]],
  [{ type: "aborted", exitCode: null, signal: null }, "x was stopped", ["timed-out", null, null]],
  [{ type: "not-started", reason: "no x" }, "x could not start: no x", ["failed", null, null]],
];

describe("describeOutcome()", () => {
  for (const [outcome, text] of cases) {
    it(`says "${text}"`, () => assert.equal(describeOutcome("x", outcome), text));
  }
});

describe("recordOutcome()", () => {
  for (const [outcome, text, [status, exitCode, signal]] of cases) {
    const record = { status, exitCode, signal };
    it(`records "${text}"`, () => assert.deepEqual(recordOutcome(outcome, "timed-out"), record));
  }
});
