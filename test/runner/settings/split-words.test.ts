import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { splitWords } from "../../../dist/runner/settings/split-words.js";

describe("splitWords()", () => {
  it("separates words at white space that is not between quotation marks", () => {
    const cases: Readonly<Record<string, readonly string[]>> = {
      "make": ["make"],
      "  git \t pull  --ff-only ": ["git", "pull", "--ff-only"],
      "echo 'two  words' \"and 'these'\"": ["echo", "two  words", "and 'these'"],
      "a --x='1 2'3\"4\" ''": ["a", "--x=1 234", ""],
      "'my tool/run' x": ["my tool/run", "x"],
    };
    for (const [text, words] of Object.entries(cases)) assert.deepEqual(splitWords(text), words, text);
  });

  it("leaves every other sign as it is", () => {
    const text = "echo $HOME *.txt ~ \\n a;b a&b `x` $(y) #z '&&' \"|\"";
    const words = ["echo", "$HOME", "*.txt", "~", "\\n", "a;b", "a&b", "`x`", "$(y)", "#z", "&&", "|"];
    assert.deepEqual(splitWords(text), words);
  });

  it("refuses what it cannot split, and words that only a shell understands", () => {
    assert.throws(() => splitWords("echo 'a"), { message: "a quotation mark (') has no other end" });
    assert.throws(() => splitWords('x"'), { message: 'a quotation mark (") has no other end' });
    for (const text of ["", "  ", "'' x"]) assert.throws(() => splitWords(text), { message: "it names no program" });
    for (const sign of ["&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1"]) {
      const message = `no shell reads it, so "${sign}" has no meaning; use {"shell": "..."} or several steps`;
      assert.throws(() => splitWords(`a ${sign} b`), { message });
    }
  });
});
