import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linePattern } from "../../dist/terminal/line-pattern.js";

const text = (text: string, isCaseSensitive = false): RegExp =>
  linePattern({ text, isRegex: false, isCaseSensitive });
const regex = (text: string, isCaseSensitive = false): RegExp => linePattern({ text, isRegex: true, isCaseSensitive });

describe("linePattern()", () => {
  it("finds a text as it is, in upper and lower case", () => {
    const special = "a.b*c+d?e^f$g{1}(h)|[i]\\j/k-l#m&n";
    assert.ok(text(special).test(`x${special.toUpperCase()}x`));
    assert.ok(!text(special).test(special.replace(".", "x")));
    assert.ok(text("é").test("É"));
    assert.ok(!text("error", true).test("Error"));
    assert.ok(text("Error", true).test("an Error"));
    assert.ok(text("\0").test("a\0b"));
  });

  it("takes a character outside of the basic plane as one", () => {
    assert.ok(text("😀").test("a 😀"));
    assert.ok(!text("\ud83d").test("a 😀"), "a half of a character");
    assert.ok(regex("^.$").test("😀"));
    assert.ok(regex("^\\p{Emoji}$").test("😀"));
  });

  it("reads expressions that are only valid without the flag u", () => {
    assert.equal(regex("a\\-b").flags, "i");
    assert.ok(regex("a\\-b").test("A-B"));
    assert.ok(regex("a{", true).test("a{"));
    assert.equal(regex("(?<=error )TS\\d+", true).flags, "u");
  });

  it("has no state, unless the caller adds a flag", () => {
    const pattern = regex("a*");
    assert.deepEqual([pattern.test(""), pattern.test("aa"), pattern.test("b")], [true, true, true]);
    assert.deepEqual(linePattern({ text: ".", isRegex: false, isCaseSensitive: true }, "g").flags, "gu");
  });

  for (const wrong of ["(", "[", "a**", "(?<=", "\\", "(?<a>)(?<a>)", "*"]) {
    it(`fails with the message of the engine for ${wrong}`, () => {
      assert.throws(() => regex(wrong), { name: "SyntaxError", message: /^Invalid regular expression: / });
    });
  }
});
