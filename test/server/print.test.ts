import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { showControls } from "../../dist/print.js";

describe("showControls()", () => {
  it("shows characters that would act on a terminal, and breaks no line", () => {
    const hostile = "a\x1b]0;title\x07b\r\nc\x9b31m\u202ed\u2028";
    assert.equal(showControls(hostile), "a\\u001b]0;title\\u0007b\\u000d\\nc\\u009b31m\\u202ed\\u2028");
    assert.equal(showControls("Zürich\t1 é"), "Zürich\t1 é");
  });
});
