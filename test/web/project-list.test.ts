import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listProjects } from "../../dist/web/project-list.js";
import { sampleBuild } from "../support/sample-builds.js";
import type { BuildRecord, BuildStatus } from "../../dist/runner/record.js";

const ONE = { path: "/projects/one", name: "one" };
const TWO = { path: "/projects/two", name: "two" };

/** A build that ran for this number of milliseconds, or still runs. */
function build(id: string, status: BuildStatus, duration?: number, projectPath = ONE.path): BuildRecord {
  const startedAt = "2026-01-01T10:00:00.000Z";
  const finishedAt = duration === undefined ? null : new Date(Date.parse(startedAt) + duration).toISOString();
  return sampleBuild({ id, status, projectPath, startedAt, finishedAt });
}

describe("listProjects()", () => {
  it("keeps the order, and lists a project without builds", () => {
    const none = { builds: 0, last: null, active: null, durations: [] };
    const elsewhere = build("a", "failed", 1, "/projects/one/inner");
    assert.deepEqual(listProjects([TWO, ONE], [elsewhere]), [{ ...TWO, ...none }, { ...ONE, ...none }]);
    assert.deepEqual(listProjects([], [elsewhere]), []);
  });

  it("finds the newest build that has ended, and the active one, of the same directory", () => {
    const builds = [
      build("e", "queued"),
      build("d", "failed", 5, TWO.path),
      build("c", "cancelled", 6),
      build("b", "succeeded", 7),
    ];
    const [one, two] = listProjects([ONE, TWO], builds);
    assert.deepEqual([one?.builds, one?.active?.id, one?.last?.id, one?.durations], [3, "e", "c", [7]]);
    assert.deepEqual([two?.builds, two?.active, two?.last?.id, two?.durations], [1, null, "d", []]);
  });

  it("has the durations of the last twenty that succeeded, the oldest first, never below zero", () => {
    const builds = [
      build("x", "failed", 999),
      ...Array.from({ length: 25 }, (_, index) => build(`b${index}`, "succeeded", index === 0 ? -50 : index * 10)),
    ];
    const [one] = listProjects([ONE], builds);
    assert.equal(one?.builds, 26);
    assert.deepEqual(one.durations, [...Array.from({ length: 20 }, (_, index) => index * 10)].reverse());
  });
});
