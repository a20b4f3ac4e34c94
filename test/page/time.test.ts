import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatAgo, formatDuration, formatOffset, timeTaken } from "../../dist/page/time.js";
import { sampleBuild, sampleStep } from "./samples.js";

const minute = 60_000;
const hour = 60 * minute;

describe("formatDuration", () => {
  it("has tenths below ten seconds, then seconds, minutes, hours", () => {
    const expected: [milliseconds: number, text: string][] = [
      [-500, "0.0s"],
      [0, "0.0s"],
      [49, "0.0s"],
      [440, "0.4s"],
      [9949, "9.9s"],
      [9950, "10s"],
      [59_499, "59s"],
      [59_500, "1m 00s"],
      [minute, "1m 00s"],
      [187_000, "3m 07s"],
      [hour - 400, "1h 00m"],
      [62 * minute, "1h 02m"],
      [100 * hour, "100h 00m"],
    ];
    for (const [milliseconds, text] of expected) assert.equal(formatDuration(milliseconds), text, String(milliseconds));
  });

  it("counts whole seconds that have passed when it ticks", () => {
    assert.equal(formatDuration(-1, false), "0s");
    assert.equal(formatDuration(999, false), "0s");
    assert.equal(formatDuration(9999, false), "9s");
    assert.equal(formatDuration(59_999, false), "59s");
  });
});

describe("formatOffset", () => {
  it("counts seconds as a stop watch does", () => {
    assert.equal(formatOffset(-20), "0:00");
    assert.equal(formatOffset(5999), "0:05");
    assert.equal(formatOffset(12 * minute + 34_000), "12:34");
    assert.equal(formatOffset(hour), "1:00:00");
    assert.equal(formatOffset(hour + 2 * minute + 3000), "1:02:03");
  });
});

describe("formatAgo", () => {
  it("is coarse", () => {
    assert.equal(formatAgo(-5000), "just now");
    assert.equal(formatAgo(minute - 1), "just now");
    assert.equal(formatAgo(minute), "1 min ago");
    assert.equal(formatAgo(hour - 1), "59 min ago");
    assert.equal(formatAgo(hour), "1 h ago");
    assert.equal(formatAgo(24 * hour - 1), "23 h ago");
    assert.equal(formatAgo(24 * hour), "1 day ago");
    assert.equal(formatAgo(48 * hour), "2 days ago");
  });
});

describe("timeTaken", () => {
  const startedAt = "2026-01-01T10:00:00.000Z";
  const finishedAt = "2026-01-01T10:00:02.500Z";

  it("ends now while there is no end", () => {
    assert.equal(timeTaken(sampleBuild({ status: "failed", startedAt, finishedAt }), 0), 2500);
    assert.equal(timeTaken(sampleStep({ status: "running", startedAt }), Date.parse(startedAt) + 700), 700);
  });

  it("is unknown without a start", () => {
    assert.equal(timeTaken(sampleBuild(), 5), undefined);
    assert.equal(timeTaken(sampleBuild({ status: "cancelled", finishedAt }), 5), undefined);
  });

  it("is unknown for what was lost: its server may have been away for days", () => {
    assert.equal(timeTaken(sampleBuild({ status: "lost", startedAt, finishedAt }), 0), undefined);
    assert.equal(timeTaken(sampleStep({ status: "lost", startedAt, finishedAt }), 0), undefined);
  });
});
