/** Compares how the consumers of a line treat each control function: all of them must find the same end of it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { spansOf } from "../../dist/page/line/ansi.js";
import { showControls } from "../../dist/print.js";
import { LineSplitter } from "../../dist/runner/output/line-splitter.js";
import { Mask } from "../../dist/runner/output/mask.js";
import { isControlString } from "../../dist/terminal/controls.js";
import { colouredText, plainText } from "../../dist/terminal/plain-text.js";

const ascii = Array.from({ length: 0x80 }, (_, code) => String.fromCharCode(code));
const introducers = ascii.filter((character) => isControlString(`\x1b${character}`, 0));

/** Control functions that do not move the cursor: C0 characters, control strings, and sequences. */
const silent: readonly string[] = [
  ...ascii.filter((character) => /[\0-\x07\x0e-\x1a\x1c-\x1f\x7f]/.test(character)),
  ...introducers.flatMap((introducer) => ["\x1b\\", "\x07", "\x18", "\x1a"].map((end) => `\x1b${introducer}0;x${end}`)),
  ...["\x1b[m", "\x1b[1;31m", "\x1b[38:2::1:2:3m", "\x1b[?25l", "\x1b[>4;1m", "\x1b[2 q", "\x1b(B", "\x1b="],
];

/** How the consumers show a line without their colours. */
const consumers: Readonly<Record<string, (text: string) => string>> = {
  "the log as text": plainText,
  "the log with colours": (text) => colouredText(text).replaceAll(/\x1b\[[\d;:]*m/g, ""),
  "the page": (text) => spansOf(text).map((span) => span.text).join(""),
  "a stored line": (text) => new LineSplitter().push(Buffer.from(`${text}\n`)).map(plainText).join("|"),
};

describe("a control function", () => {
  it("can be a control string with one of these introducers", () => {
    assert.equal(introducers.join(""), "PX]^_");
  });

  for (const [consumer, show] of Object.entries(consumers)) {
    it(`leaves no trace in ${consumer}`, () => {
      for (const control of silent) assert.equal(show(`a${control}b`), "ab", JSON.stringify(control));
    });
  }

  it("does not divide a secret if it is a control sequence", () => {
    for (const control of silent.filter((text) => text.startsWith("\x1b["))) {
      const stream = new Mask(["secret"]).stream();
      const masked = stream.push(`a sec${control}ret b`) + stream.end();
      assert.equal(plainText(masked), "a *** b", JSON.stringify(control));
    }
  });

  it("is shown on stderr without a character that acts on a terminal", () => {
    for (const control of silent) {
      assert.match(showControls(`a${control}b`), /^a[\x20-\x7e]+b$/, JSON.stringify(control));
    }
  });
});
