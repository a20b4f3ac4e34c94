import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatAgo, formatOffset, timeTaken } from "../../dist/page/time.js";
import { sampleBuild, sampleStep } from "../support/sample-builds.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("formatOffset", () => {
  it("counts seconds as a stop watch does", () => {
    assert.equal(formatOffset(-20), "0:00");
    assert.equal(formatOffset(5999), "0:05");
    assert.equal(formatOffset(12 * MINUTE + 34_000), "12:34");
    assert.equal(formatOffset(HOUR), "1:00:00");
    assert.equal(formatOffset(HOUR + 2 * MINUTE + 3000), "1:02:03");
  });
});

describe("formatAgo", () => {
  it("is coarse", () => {
    assert.equal(formatAgo(-5000), "just now");
    assert.equal(formatAgo(MINUTE - 1), "just now");
    assert.equal(formatAgo(MINUTE), "1 min ago");
    assert.equal(formatAgo(HOUR - 1), "59 min ago");
    assert.equal(formatAgo(HOUR), "1 h ago");
    assert.equal(formatAgo(24 * HOUR - 1), "23 h ago");
    assert.equal(formatAgo(24 * HOUR), "1 day ago");
    assert.equal(formatAgo(48 * HOUR), "2 days ago");
  });
});

describe("timeTaken", () => {
  const startedAt = "2026-01-01T10:00:00.000Z";
  const finishedAt = "2026-01-01T10:00:02.500Z";

  it("lasts until now while there is no end", () => {
    assert.equal(timeTaken(sampleBuild({ status: "failed", startedAt, finishedAt }), 0), 2500);
    assert.equal(timeTaken(sampleStep({ status: "running", startedAt }), Date.parse(startedAt) + 700), 700);
  });

  it("is unknown without a start", () => {
    assert.equal(timeTaken(sampleBuild(), 5), undefined);
    assert.equal(timeTaken(sampleBuild({ status: "cancelled", finishedAt }), 5), undefined);
  });

  it("is unknown for a lost build: its server may have been stopped for days", () => {
    assert.equal(timeTaken(sampleBuild({ status: "lost", startedAt, finishedAt }), 0), undefined);
    assert.equal(timeTaken(sampleStep({ status: "lost", startedAt, finishedAt }), 0), undefined);
  });
});
