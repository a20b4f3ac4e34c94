import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatAgo, formatDuration, formatOffset, timeTaken } from "../../dist/page/time.js";
import { formatDuration as serverDuration } from "../../dist/runner/format.js";
import { sampleBuild, sampleStep } from "./samples.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe("formatDuration", () => {
  it("has tenths below a minute, then minutes and seconds, then hours and minutes", () => {
    const expected: [milliseconds: number, text: string][] = [
      [-500, "0 s"],
      [49, "0 s"],
      [440, "0.4 s"],
      [59_949, "59.9 s"],
      [59_950, "1 min"],
      [187_000, "3 min 7 s"],
      [HOUR - 400, "1 h"],
      [62 * MINUTE, "1 h 2 min"],
      [100 * HOUR, "100 h"],
    ];
    for (const [milliseconds, text] of expected) assert.equal(formatDuration(milliseconds), text, String(milliseconds));
  });

  it("reads the same as in the lines of the server", () => {
    for (let milliseconds = 0; milliseconds < 30 * HOUR; milliseconds = Math.ceil(milliseconds * 1.003) + 1) {
      assert.equal(formatDuration(milliseconds), serverDuration(milliseconds), String(milliseconds));
    }
    for (const bound of [50, 9950, 10_000, 59_950, MINUTE, HOUR]) {
      for (let milliseconds = bound - 501; milliseconds <= bound + 501; milliseconds++) {
        const duration = Math.max(0, milliseconds);
        assert.equal(formatDuration(duration), serverDuration(duration), String(duration));
      }
    }
  });

  it("counts the whole seconds that have passed while it grows", () => {
    assert.equal(formatDuration(-1, true), "0 s");
    assert.equal(formatDuration(999, true), "0 s");
    assert.equal(formatDuration(9999, true), "9 s");
    assert.equal(formatDuration(59_999, true), "59 s");
    assert.equal(formatDuration(60_000, true), "1 min");
    assert.equal(formatDuration(61_999, true), "1 min 1 s");
  });
});

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
