import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { feedLine, plainText } from "../../dist/streams/plain-text.js";

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
    ["\x9b31mred\x9bm \x9d0;title\x9ctext\x85", "red text"],
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
