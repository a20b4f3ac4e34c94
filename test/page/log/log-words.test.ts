import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { absentLineText, earlierText, gapText, jumpText, waitingText } from "../../../dist/page/log/log-words.js";
import { sampleBuild } from "../../support/sample-builds.js";

describe("gapText", () => {
  it("says how many lines the server dropped, if that is known", () => {
    assert.equal(gapText(1), "1 line is no longer available");
    assert.equal(gapText(50_000), "50,000 lines are no longer available");
    assert.equal(gapText(undefined), "Lines may be missing here: they are no longer available");
  });
});

describe("earlierText", () => {
  it("does not promise lines that left only the page", () => {
    assert.equal(earlierText(1, 0), "1 earlier line is not on this page.");
    assert.equal(earlierText(5000, 0), "5,000 earlier lines are not on this page.");
  });

  it("distinguishes them from lines that are gone", () => {
    assert.equal(
      earlierText(35_000, 30_000),
      "35,000 earlier lines are not on this page; 30,000 of them are no longer available.",
    );
    assert.equal(
      earlierText(2, 1),
      "2 earlier lines are not on this page; 1 of them is no longer available.",
    );
  });

  it("does not refer to the raw log if all lines are gone", () => {
    assert.equal(earlierText(1, 1), "1 earlier line is no longer available");
    assert.equal(earlierText(400, 400), "400 earlier lines are no longer available");
  });
});

describe("absentLineText", () => {
  const log = { lastNumber: 9000, lostThrough: 1000, isComplete: false };

  it("distinguishes a line that is gone from one that left only the page", () => {
    assert.equal(absentLineText(1000, log), "Line 1000 is no longer available.");
    assert.equal(
      absentLineText(1001, log),
      "Line 1001 is no longer on this page. If it is still available, it is in the raw log.",
    );
    assert.equal(absentLineText(9000, { ...log, lostThrough: Infinity }), "Line 9000 is no longer available.");
  });

  it("waits for a line that can still arrive, and reports when it cannot", () => {
    assert.equal(absentLineText(9001, log), undefined);
    assert.equal(absentLineText(9001, { ...log, isComplete: true }), "The log ends before line 9001.");
  });
});

describe("jumpText", () => {
  it("counts the new lines", () => {
    assert.equal(jumpText(0), "Jump to end");
    assert.equal(jumpText(1), "1 new line, jump to end");
    assert.equal(jumpText(1200), "1,200 new lines, jump to end");
  });
});

describe("waitingText", () => {
  it("says what an active build waits for", () => {
    const queued = "Queued: the build starts when an earlier build has ended.";
    assert.equal(waitingText(sampleBuild(), undefined, 0), queued);
    assert.equal(waitingText(sampleBuild({ status: "running" }), undefined, 0), "Waiting for output.");
  });

  it("says how long a running build has printed nothing, after 15 seconds", () => {
    const running = sampleBuild({ status: "running" });
    assert.equal(waitingText(running, 1000, 15_999), "");
    assert.equal(waitingText(running, 1000, 16_000), "No output for 15 s");
    assert.equal(waitingText(running, 1000, 62_999), "No output for 1 min 1 s");
  });

  it("counts every byte that the build has printed, as --silence does", () => {
    const running = sampleBuild({ status: "running", lastOutputAt: new Date(20_000).toISOString() });
    assert.equal(waitingText(running, 1000, 34_999), "");
    assert.equal(waitingText(running, 1000, 35_000), "No output for 15 s");
    assert.equal(waitingText(running, 30_000, 35_000), "", "a line of the server is no silence, either");
  });

  it("is empty for a build that has ended, and without a build", () => {
    assert.equal(waitingText(sampleBuild({ status: "failed" }), undefined, 0), "");
    assert.equal(waitingText(undefined, undefined, 0), "");
  });
});
