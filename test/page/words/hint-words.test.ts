import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CHINESE_HINTS, chineseHint, hintText } from "../../../dist/page/words/hint-words.js";
import { knownFailures } from "../../../dist/runner/failure/known-failures.js";

describe("the words of hints", () => {
  it("are Chinese for every known failure, with its subject", () => {
    assert.deepEqual(Object.keys(CHINESE_HINTS), knownFailures.map(({ code }) => code));
    for (const { code, cause } of knownFailures) {
      const text = chineseHint(code, "$& subject") ?? "";
      assert.match(text, /^\S.*\p{Script=Han}.*。$/u);
      assert.equal(text.includes("$& subject"), cause.includes("{}"), code);
    }
    assert.equal(chineseHint("OF_A_NEWER_SERVER", null), undefined);
  });

  it("are sentences on an English page", () => {
    const hint = { code: "DISK_FULL", subject: null, cause: "the disk is full", remedy: "make room" };
    assert.equal(hintText(hint), "The disk is full. Make room.");
  });
});
