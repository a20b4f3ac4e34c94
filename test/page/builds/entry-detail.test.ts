import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { buildFacts } from "../../../dist/page/builds/build-facts.js";
import { entryDetail } from "../../../dist/page/builds/entry-detail.js";
import { sampleBuild } from "../../support/sample-builds.js";
import type { Build } from "../../../dist/page/model.js";

const NOW = Date.parse("2026-01-01T10:10:00.000Z");
const STARTED_AT = "2026-01-01T10:00:00.000Z";

describe("entryDetail()", () => {
  it("shows the place of a queued build", () => {
    assert.equal(entryDetail(sampleBuild({ queuePosition: 2 }), NOW), "Queued \u00b7 2nd in the queue");
    assert.equal(entryDetail(sampleBuild(), NOW), "Queued");
  });

  it("shows how long a build has been running, without the estimate", () => {
    const running = sampleBuild({ status: "running", startedAt: STARTED_AT, estimatedDuration: 900_000 });
    assert.equal(entryDetail(running, NOW), "Running \u00b7 10 min");
  });

  it("shows how long a build took, and when it ended", () => {
    const ended = sampleBuild({ status: "failed", startedAt: STARTED_AT, finishedAt: "2026-01-01T10:05:00.000Z" });
    assert.equal(entryDetail(ended, NOW), "Failed \u00b7 5 min \u00b7 5 min ago");
    const usual = { ...ended, estimatedDuration: 240_000 };
    assert.equal(entryDetail(usual, NOW), "Failed \u00b7 5 min (usually 4 min) \u00b7 5 min ago");
    assert.equal(entryDetail({ ...ended, status: "lost" }, NOW), "Lost \u00b7 5 min ago");
    assert.equal(entryDetail({ ...ended, status: "cancelled", startedAt: null }, NOW), "Cancelled \u00b7 5 min ago");
  });

  it("accepts a build from the log of an earlier version, which has no commit", () => {
    const { git: _, hint: __, result: ___, nodeVersion: ____, ...former } = sampleBuild();
    assert.equal(entryDetail(former as Build, NOW), "Queued");
    assert.deepEqual(buildFacts(former as Build), ["npm"]);
  });

  it("names the commit", () => {
    const git = { branch: "main", commit: "1a2b3c4d5e6f", subject: "Fix the sum", isDirty: true };
    assert.equal(entryDetail(sampleBuild({ git }), NOW), "Queued \u00b7 main 1a2b3c4d, uncommitted changes");
  });
});
