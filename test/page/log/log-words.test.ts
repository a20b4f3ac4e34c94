import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { absentLineText, jumpText, waitingText } from "../../../dist/page/log/log-words.js";
import { sampleBuild } from "../../support/sample-builds.js";

describe("absentLineText", () => {
  it("says that the log ends before a line, once no line can follow", () => {
    assert.equal(absentLineText(7, 6, true), "The log ends before line 7.");
    assert.equal(absentLineText(7, 6, false), undefined);
    assert.equal(absentLineText(6, 6, true), undefined);
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
