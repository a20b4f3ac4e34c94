import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeOutcome, recordOutcome } from "../../dist/build/outcome.js";
import type { StepOutcome } from "../../dist/build/step-run.js";

const cases: readonly (readonly [outcome: StepOutcome, text: string, record: unknown])[] = [
  [{ type: "succeeded" }, "x succeeded", { status: "succeeded", exitCode: 0, signal: null }],
  [{ type: "failed", exitCode: 7 }, "x failed with exit code 7", { status: "failed", exitCode: 7, signal: null }],
  [{ type: "killed", signal: "SIGSEGV" }, "x was killed by SIGSEGV", { status: "failed", exitCode: null, signal: "SIGSEGV" }],
  [
    { type: "killed", signal: "SIGKILL" },
    "x was killed by SIGKILL, perhaps because memory ran out",
    { status: "failed", exitCode: null, signal: "SIGKILL" },
  ],
  [
    { type: "aborted", exitCode: null, signal: "SIGTERM" },
    "x was stopped by SIGTERM",
    { status: "timed-out", exitCode: null, signal: "SIGTERM" },
  ],
  [
    { type: "aborted", exitCode: 0, signal: null },
    "x was stopped and ended with exit code 0",
    { status: "timed-out", exitCode: 0, signal: null },
  ],
  [{ type: "aborted", exitCode: null, signal: null }, "x was stopped", { status: "timed-out", exitCode: null, signal: null }],
  [{ type: "not-started", reason: "no x" }, "x could not start: no x", { status: "failed", exitCode: null, signal: null }],
];

describe("describeOutcome()", () => {
  for (const [outcome, text] of cases) {
    it(`says "${text}"`, () => assert.equal(describeOutcome("x", outcome), text));
  }
});

describe("recordOutcome()", () => {
  for (const [outcome, text, record] of cases) {
    it(`records "${text}"`, () => assert.deepEqual(recordOutcome(outcome, "timed-out"), record));
  }
});
