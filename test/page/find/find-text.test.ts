import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { countText, noteText } from "../../../dist/page/find/find-text.js";
import { ApiError } from "../../../dist/page/server/api.js";
import type { SearchProgress } from "../../../dist/page/find/find-text.js";

function progress(changes: Partial<SearchProgress>): SearchProgress {
  return { phase: "complete", count: 1234, scanned: 5000, of: 5000, error: undefined, ...changes };
}

describe("countText", () => {
  it("shows the place of the current hit", () => {
    assert.equal(countText(progress({}), 3, false), "3 of 1,234");
    assert.equal(countText(progress({}), undefined, false), "1,234 lines");
    assert.equal(countText(progress({ count: 0 }), undefined, false), "No matches");
    assert.equal(countText(progress({ count: 0 }), undefined, true), "No matches so far");
    assert.equal(countText(progress({ phase: "idle" }), undefined, false), "");
  });

  it("shows that a search runs, or that lines can follow", () => {
    const running = progress({ phase: "running", count: 7, scanned: 1999, of: 5000 });
    assert.equal(countText(running, 3, false), "3 of 7 (39% searched)");
    assert.equal(countText({ ...running, count: 0, of: 0 }, undefined, true), "Searching, 0%");
    assert.equal(countText(progress({}), 3, true), "3 of 1,234 so far");
  });

  it("does not claim that there are no matches after a search was stopped", () => {
    assert.equal(countText(progress({ phase: "too-slow", count: 0 }), undefined, false), "");
    assert.equal(countText(progress({ phase: "too-slow", count: 2 }), 1, false), "1 of 2 so far");
  });
});

describe("noteText", () => {
  it("explains why a search is not complete", () => {
    const slow = progress({ phase: "too-slow", scanned: 1000 });
    assert.equal(noteText(slow, 0), "The search took too long and was stopped after line 1,000 of 5,000.");
    assert.equal(noteText({ ...slow, scanned: 0 }, 0), "The search took too long and was stopped.");
    const many = "Too many matches: only the first 100,000 can be shown.";
    assert.equal(noteText(progress({ phase: "too-many" }), 100_000), many);
    assert.equal(noteText(progress({}), 1234), "");
  });

  it("shows the reason of a failure", () => {
    const failed = (error: unknown): string => noteText(progress({ phase: "failed", error }), 0);
    assert.equal(failed(new ApiError(503, "The server is full.")), "The server is full.");
    assert.equal(failed(new SyntaxError("Unterminated group")), "This is not a regular expression: Unterminated group");
    assert.equal(failed(new Error("cut")), "The search was interrupted. Try again.");
  });
});
