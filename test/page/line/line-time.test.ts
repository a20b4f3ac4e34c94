import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lineTime } from "../../../dist/page/line/line-time.js";

const START = "2026-01-01T10:00:00.000Z";

describe("lineTime()", () => {
  it("counts from the start of the build", () => {
    assert.equal(lineTime("elapsed", "2026-01-01T10:01:05.900Z", START, undefined), "1:05");
    assert.equal(lineTime("elapsed", "2026-01-01T10:01:05.900Z", null, undefined), "");
  });

  it("is the time of the day in the person's time zone", () => {
    assert.match(lineTime("clock", "2026-01-01T10:01:05.900Z", START, undefined), /^\d\d:\d\d:05$/);
  });

  it("counts from the line before, unless both belong to a burst", () => {
    const since = (before: string): string => lineTime("delta", "2026-01-01T10:01:05.900Z", START, before);
    assert.equal(since("2026-01-01T10:01:05.850Z"), "");
    assert.equal(since("2026-01-01T10:01:03.400Z"), "+2.5");
    assert.equal(since("2026-01-01T10:00:00.000Z"), "+1:05");
    assert.equal(lineTime("delta", START, START, undefined), "");
  });

  it("is empty while times are off", () => assert.equal(lineTime("off", START, START, START), ""));
});
