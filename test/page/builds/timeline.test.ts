import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { timelineOf } from "../../../dist/page/builds/timeline.js";
import { sampleBuild, sampleStep } from "../../support/sample-builds.js";
import type { Build, Step } from "../../../dist/page/model.js";

const at = (second: number): string => new Date(second * 1000).toISOString();

function step(name: string, status: Step["status"], start: number, end: number | null): Step {
  return sampleStep({ name, status, startedAt: at(start), finishedAt: end === null ? null : at(end) });
}

/** The timeline at the 40th second, as `install 25, build 75`. */
function shown(changes: Partial<Build>): string {
  const { segments, usual } = timelineOf(sampleBuild({ startedAt: at(0), ...changes }), 40_000);
  const steps = segments.map(({ name, share }) => `${name} ${share}`).join(", ");
  return usual === undefined ? steps : `${steps}, usual ${usual}`;
}

describe("timelineOf", () => {
  const install = step("install", "succeeded", 0, 10);

  it("is proportional to the durations", () => {
    const steps = [install, step("build", "failed", 10, 40), sampleStep({ name: "pack", status: "skipped" })];
    assert.equal(shown({ status: "failed", steps }), "install 25, build 75");
    assert.equal(shown({ status: "failed", steps: [] }), "");
  });

  it("leaves room for the rest of the usual time while the build runs", () => {
    const steps = [install, step("build", "running", 10, null)];
    assert.equal(shown({ status: "running", steps }), "install 25, build 75");
    assert.equal(shown({ status: "running", steps, estimatedDuration: 80_000 }), "install 12.5, build 37.5");
  });

  it("marks the usual time of a build that takes longer", () => {
    const steps = [install, step("build", "running", 10, null)];
    assert.equal(shown({ status: "running", steps, estimatedDuration: 20_000 }), "install 25, build 75, usual 50");
    assert.equal(shown({ status: "failed", steps, estimatedDuration: 80_000 }), "install 25, build 75");
  });

  it("tolerates a clock that is behind the server's", () =>
    assert.equal(shown({ status: "running", steps: [step("build", "running", 50, null)] }), "build 0"));
});
