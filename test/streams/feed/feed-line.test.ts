import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { feedLine } from "../../../dist/streams/feed/feed-line.js";

describe("feedLine()", () => {
  it("puts the server's local time before the text", () => {
    const local = new Date(2026, 0, 2, 3, 4, 5);
    assert.equal(feedLine(local.toISOString(), "\x1b[31mx\x1b[0m"), "[2026-01-02 03:04:05] x");
    const later = new Date(2026, 0, 2, 3, 4, 6);
    for (const [date, seconds] of [
      [later, "06"],
      [later, "06"],
      [local, "05"],
    ] as const) {
      assert.equal(feedLine(date.toISOString(), "y"), `[2026-01-02 03:04:${seconds}] y`);
    }
  });
});
