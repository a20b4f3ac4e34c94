import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { estimateDuration } from "../../dist/runner/estimate.js";
import { sampleBuild } from "../support/sample-builds.js";
import type { Plan } from "../../dist/runner/planning/plan.js";
import type { BuildRecord } from "../../dist/runner/record.js";

const PLAN: Plan = {
  projectPath: "/projects/one",
  projectName: "one",
  packageManager: "npm",
  script: "build",
  install: "auto",
  reason: "because",
  warnings: [],
  steps: [],
};

/** The record of a build that succeeded after this number of milliseconds. */
function build(milliseconds: number, changes: Partial<BuildRecord> = {}): BuildRecord {
  const startedAt = "2026-01-01T10:00:00.000Z";
  const finishedAt = new Date(Date.parse(startedAt) + milliseconds).toISOString();
  return sampleBuild({ projectPath: "/projects/one", status: "succeeded", startedAt, finishedAt, ...changes });
}

describe("estimateDuration()", () => {
  const cases: readonly (readonly [durations: readonly number[], estimate: number | null])[] = [
    [[], null],
    [[0], 0],
    [[1500], 1500],
    [[1000, 3000], 2000],
    [[1, 2], 2],
    [[90_000, 1000, 2000], 2000],
    [[4, 3, 2, 1], 3],
    [[5, 1, 4, 2, 3], 3],
    [[1, 1, 1, 5, 5, 5, 5], 1],
    [[-7000], 0],
  ];
  for (const [durations, estimate] of cases) {
    it(`returns ${estimate} for ${durations.join(", ") || "nothing"}`, () => {
      const known = durations.map((duration) => build(duration));
      assert.equal(estimateDuration(PLAN, known), estimate);
    });
  }

  it("counts only builds with the same inputs that succeeded", () => {
    const others: readonly Partial<BuildRecord>[] = [
      ...(["queued", "running", "failed", "cancelled", "timed-out", "lost"] as const).map((status) => ({ status })),
      { projectPath: "/projects/two" },
      { script: "test" },
      { script: null },
      { install: "skip" },
      { install: null },
    ];
    const known = others.map((changes) => build(1, changes));
    assert.equal(estimateDuration(PLAN, known), null);
    assert.equal(estimateDuration(PLAN, [...known, build(70)]), 70);
  });

  it("supports plans without inputs", () => {
    const { script: _script, install: _install, ...free } = PLAN;
    assert.equal(estimateDuration(free, [build(1), build(70, { script: null, install: null })]), 70);
  });
});
