import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isActive, newerReport, pageTitle, statusWord, withBuild } from "../../../dist/page/builds/status.js";
import { stepDuration, stepOutcome } from "../../../dist/page/builds/step-text.js";
import { sampleBuild, sampleStep } from "../../support/sample-builds.js";

describe("statusWord", () => {
  it("is readable", () => {
    assert.equal(statusWord("timed-out"), "Timed out");
    assert.equal(statusWord("pending"), "Pending");
  });
});

describe("isActive", () => {
  it("distinguishes active builds from finished ones", () => {
    const statuses = ["queued", "running", "succeeded", "failed", "cancelled", "timed-out", "lost"] as const;
    assert.deepEqual(
      statuses.filter((status) => isActive(sampleBuild({ status }))),
      ["queued", "running"],
    );
  });
});

describe("pageTitle", () => {
  it("begins with the state", () => {
    assert.equal(pageTitle(sampleBuild({ status: "succeeded", projectName: "my-app" })), "✓ my-app - tailcast");
    assert.equal(pageTitle(sampleBuild({ status: "failed", projectName: "my-app" })), "✗ my-app - tailcast");
  });

  it("is the name alone without a build", () => {
    assert.equal(pageTitle(undefined), "tailcast");
  });
});

describe("newerReport", () => {
  const startedAt = "2026-01-01T10:00:01.000Z";
  const inOrder = [
    sampleBuild(),
    sampleBuild({ queuePosition: 2 }),
    sampleBuild({ queuePosition: 1 }),
    sampleBuild({ status: "running", steps: [sampleStep()] }),
    sampleBuild({ status: "running", steps: [sampleStep({ startedAt })] }),
    sampleBuild({ status: "running", steps: [sampleStep({ startedAt, finishedAt: startedAt })] }),
    sampleBuild({ status: "failed" }),
  ];

  it("never moves backwards, in any order of the reports", () => {
    for (const [place, older] of inOrder.entries()) {
      for (const newer of inOrder.slice(place + 1)) {
        assert.equal(newerReport(older, newer), newer);
        assert.equal(newerReport(newer, older), newer);
      }
    }
  });

  it("prefers the later of two equal reports, and accepts the first", () => {
    const again = sampleBuild();
    assert.equal(newerReport(sampleBuild(), again), again);
    assert.equal(newerReport(undefined, again), again);
  });
});

describe("withBuild", () => {
  const old = sampleBuild({ id: "old", queuedAt: "2026-01-01T09:00:00.000Z" });
  const middle = sampleBuild({ id: "middle" });
  const latest = sampleBuild({ id: "latest", queuedAt: "2026-01-01T11:00:00.000Z" });

  it("keeps the newest first, in any order of arrival", () => {
    for (const builds of [
      [old, middle, latest],
      [latest, middle, old],
      [middle, latest, old],
      [old, latest, middle],
    ]) {
      assert.deepEqual(builds.reduce(withBuild, []), [latest, middle, old]);
    }
  });

  it("orders builds of the same moment by their ids", () => {
    const [a, b, c] = ["a", "b", "c"].map((id) => sampleBuild({ id }));
    assert.ok(a && b && c);
    for (const builds of [
      [a, b, c],
      [c, b, a],
      [b, c, a],
    ]) {
      assert.deepEqual(builds.reduce(withBuild, []), [c, b, a]);
    }
  });

  it("replaces a report in its place without changing its arguments", () => {
    const builds = [latest, middle, old];
    const ended = sampleBuild({ id: "middle", status: "failed" });
    assert.deepEqual(withBuild(builds, ended), [latest, ended, old]);
    assert.deepEqual(builds, [latest, middle, old]);
  });
});

describe("stepOutcome", () => {
  it("gives the reason of a failure", () => {
    assert.equal(stepOutcome(sampleStep()), "Pending");
    assert.equal(stepOutcome(sampleStep({ status: "succeeded", exitCode: 0 })), "Succeeded");
    assert.equal(stepOutcome(sampleStep({ status: "failed", exitCode: 2 })), "Failed (exit code 2)");
    assert.equal(stepOutcome(sampleStep({ status: "failed", signal: "SIGKILL" })), "Failed (SIGKILL)");
  });
});

describe("stepDuration", () => {
  const startedAt = "2026-01-01T10:00:00.000Z";

  it("counts whole seconds while the step runs and is precise at its end", () => {
    assert.equal(stepDuration(sampleStep(), 0), "");
    assert.equal(stepDuration(sampleStep({ startedAt }), Date.parse(startedAt) + 3900), "3 s");
    const finishedAt = "2026-01-01T10:00:03.900Z";
    assert.equal(stepDuration(sampleStep({ startedAt, finishedAt }), 0), "3.9 s");
    assert.equal(stepDuration(sampleStep({ status: "lost", startedAt, finishedAt }), 0), "");
  });
});
