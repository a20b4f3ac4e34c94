import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { errorLines, firstError, nextError } from "../../../dist/page/find/error-marks.js";
import { sampleBuild, sampleStep } from "../../support/sample-builds.js";
import type { Build, Outline } from "../../../dist/page/model.js";

const OUTLINE: Outline = {
  lineCount: 100,
  lastEventId: "a-101",
  sections: [
    { step: null, first: 1 },
    { step: "install", first: 2 },
    { step: "build", first: 50 },
  ],
  marks: [
    { line: 10, kind: "error" },
    { line: 50, kind: "warning" },
    { line: 60, kind: "stack" },
    { line: 70, kind: "error" },
  ],
  marksOmitted: 0,
};

function failedIn(name: string): Build {
  const steps = ["install", "build", "test"].map((step) => {
    return sampleStep({ name: step, status: step === name ? "failed" : "succeeded" });
  });
  return sampleBuild({ status: "failed", steps });
}

describe("errorLines", () => {
  it("has no warnings", () => {
    assert.deepEqual(errorLines(OUTLINE), [10, 60, 70]);
    assert.deepEqual(errorLines(undefined), []);
  });
});

describe("firstError", () => {
  it("is in the step that failed", () => {
    assert.equal(firstError(OUTLINE, failedIn("build")), 60);
    assert.equal(firstError(OUTLINE, failedIn("install")), 10);
  });

  it("is the first one when the step has no mark", () => {
    assert.equal(firstError(OUTLINE, failedIn("test")), 10);
    assert.equal(firstError({ ...OUTLINE, marks: [] }, failedIn("build")), undefined);
  });
});

describe("nextError", () => {
  it("wraps around at both ends", () => {
    const errors = [10, 60];
    const next = (current: number | undefined): unknown => nextError(errors, current, false);
    const previous = (current: number | undefined): unknown => nextError(errors, current, true);
    assert.deepEqual([undefined, 10, 60].map(next), [10, 60, 10]);
    assert.deepEqual([undefined, 10, 60].map(previous), [60, 60, 10]);
    assert.equal(nextError([], undefined, false), undefined);
  });
});
