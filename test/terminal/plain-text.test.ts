import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { colouredText, plainText } from "../../dist/terminal/plain-text.js";

describe("plainText()", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["plain", "plain"],
    ["\x1b[1;32mDone\x1b[0m: 11", "Done: 11"],
    ["\x1b[38;5;196mred\x1b[m", "red"],
    ["\x1b[2K\x1b[1Gline", "line"],
    ["\x1b]0;title\x07text", "text"],
    ["\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"],
    ["\x1bP1$r\x1b\\x", "x"],
    ["\x1b(Bx\x1b=y", "xy"],
    ["a\tb", "a\tb"],
    ["a\0b\x07c\x08d\x7fe", "abcde"],
    ["unfinished \x1b[", "unfinished "],
    ["unfinished \x1b[31", "unfinished "],
    ["it\x92s \x9b31mred", "it<U+0092>s <U+009B>31mred"],
    ["\x1b[12é", "é"],
    ["\x1b]0;cancelled\x18text", "text"],
    ["\x1b]0;broken off\x1b[31mtext", "text"],
    ["two\nlines\r", "twolines"],
    ["unfinished \x1b]0;title", "unfinished "],
    ["[32m is text", "[32m is text"],
    ["größe ✓ 🎉", "größe ✓ 🎉"],
  ];
  for (const [line, expected] of cases) {
    it(`reads ${JSON.stringify(line)}`, () => assert.equal(plainText(line), expected));
  }

  it("takes linear time for hostile text", () => {
    for (const piece of ["\x1b", "\x1b[", "\x1b]", "\x1b[0;", "\x1b]0;\x1b"])
      assert.ok(plainText(piece.repeat(100_000)).length < 400_000);
  });
});

describe("colouredText()", () => {
  it("keeps styles and tabs, and nothing else that is not text", () => {
    assert.equal(colouredText("plain\ttext"), "plain\ttext");
    const line = "\x1b]0;t\x07\x1b[1;31mred\x1b[0m\x1b[2K\x1b[?25l\x9b1m";
    assert.equal(colouredText(line), "\x1b[1;31mred\x1b[0m<U+009B>1m");
    assert.equal(colouredText("a\x1b]8;;http://a.b\x1b\\link"), "alink");
  });
});
