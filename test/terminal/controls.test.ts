import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { controlEnd, parseSequence, scanControls } from "../../dist/terminal/controls.js";

/** The parts of a text: `t:` text, `c:` control functions; and what of it is not complete. */
function parts(text: string): string[] {
  const found: string[] = [];
  const end = scanControls(text, {
    text: (part) => void found.push(`t:${part}`),
    control: (part) => void found.push(`c:${part}`),
  });
  return end === text.length ? found : [...found, `?:${text.slice(end)}`];
}

describe("scanControls()", () => {
  it("tells text from C0 characters, escape sequences, control sequences and control strings", () => {
    assert.deepEqual(parts("a\tb\x7f"), ["t:a", "c:\t", "t:b", "c:\x7f"]);
    assert.deepEqual(parts("\x1b7\x1b(Bx"), ["c:\x1b7", "c:\x1b(B", "t:x"]);
    assert.deepEqual(parts("\x1b[1;31mx\x1b[?25l\x1b[1 q"), ["c:\x1b[1;31m", "t:x", "c:\x1b[?25l", "c:\x1b[1 q"]);
    for (const introducer of "]PX^_") {
      assert.deepEqual(parts(`\x1b${introducer}a\x1b\\b`), [`c:\x1b${introducer}a\x1b\\`, "t:b"]);
      assert.deepEqual(parts(`\x1b${introducer}a\x07b`), [`c:\x1b${introducer}a\x07`, "t:b"]);
    }
  });

  it("never treats text as a part of an incomplete sequence", () => {
    assert.deepEqual(parts("\x1b[31é"), ["c:\x1b[31", "t:é"]);
    assert.deepEqual(parts("\x1b[31\nx"), ["c:\x1b[31", "c:\n", "t:x"]);
    assert.deepEqual(parts("\x1bé"), ["c:\x1b", "t:é"]);
    assert.deepEqual(parts("\x1b\x1b[mx"), ["c:\x1b", "c:\x1b[m", "t:x"]);
    assert.deepEqual(parts("\x1b]0;a\nb"), ["c:\x1b]0;a", "c:\n", "t:b"]);
    assert.deepEqual(parts("\x1b]0;a\x1b[mb"), ["c:\x1b]0;a", "c:\x1b[m", "t:b"]);
    assert.deepEqual(parts("\x1b]0;a\x18b\x1b]c\x1ad"), ["c:\x1b]0;a\x18", "t:b", "c:\x1b]c\x1a", "t:d"]);
  });

  it("takes C1 characters for text", () => {
    assert.deepEqual(parts("\x85\x9b31m\x9d0;\x9c"), ["t:\x85\x9b31m\x9d0;\x9c"]);
    assert.deepEqual(parts("\x1b]a\x9cb\x07c"), ["c:\x1b]a\x9cb\x07", "t:c"]);
  });

  it("returns where a control function begins that is not complete", () => {
    for (const start of ["\x1b", "\x1b[", "\x1b[1;3", "\x1b[1 ", "\x1b(", "\x1b]0;a", "\x1b]0;a\x1b"]) {
      assert.deepEqual(parts(`a${start}`), ["t:a", `?:${start}`]);
    }
  });

  it("bounds the length of a control sequence", () => {
    assert.deepEqual(parts(`\x1b[${"1".repeat(200)}m`), [`c:\x1b[${"1".repeat(126)}`, `t:${"1".repeat(74)}m`]);
    assert.equal(controlEnd(`\x1b[${"1".repeat(126)}`, 0), 128);
  });

  it("needs linear time", () => {
    for (const piece of ["\x1b", "\x1b[", "\x1b]", "\x1b[1;", "\x1b[31mx", "\x1b]0;\x1b"]) {
      assert.ok(parts(piece.repeat(100_000)).length > 0);
    }
  });
});

describe("parseSequence()", () => {
  it("reads control sequences of the standard, and no private ones", () => {
    assert.deepEqual(parseSequence("\x1b[1;31m"), { parameters: "1;31", final: "m" });
    assert.deepEqual(parseSequence("\x1b[K"), { parameters: "", final: "K" });
    for (const other of ["\x1b[?25l", "\x1b[>1m", "\x1b[1 q", "\x1b7", "\n"]) {
      assert.equal(parseSequence(other), undefined);
    }
  });
});
