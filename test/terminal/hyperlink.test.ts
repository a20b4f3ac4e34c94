import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { visible } from "../../dist/doctor/visible.js";
import { spansOf } from "../../dist/page/line/ansi.js";
import { showControls } from "../../dist/print.js";
import { LineSplitter } from "../../dist/runner/output/line-splitter.js";
import { mayBeHyperlink, webAddressOf } from "../../dist/terminal/hyperlink.js";
import { colouredText, plainText } from "../../dist/terminal/plain-text.js";

const stored = (text: string): string => new LineSplitter().push(Buffer.from(`${text}\n`)).join("|");

/** The column "Hyperlinks" of the table in src/terminal/README.md: `[text](address)` stands for a link. */
const consumers: Readonly<Record<string, readonly [show: (text: string) => string, web: string, other: string]>> = {
  "a stored line where the cursor moves": [
    (text) => stored(`${text}\b?`),
    "\x1b]8;;http://a.b\x07docs\x1b]8;;\x07?",
    "docs?",
  ],
  "the log as text": [plainText, "docs!", "docs!"],
  "the log with colours": [colouredText, "docs!", "docs!"],
  "the page": [
    (text) => spansOf(text).map((span) => (span.link ? `[${span.text}](${span.link.href})` : span.text)).join(""),
    "[docs](http://a.b)!",
    "docs!",
  ],
  "check and inspect": [
    visible,
    "\\x1B]8;;http://a.b\\x07docs\\x1B]8;;\\x07!",
    "\\x1B]8;;file:///a\\x07docs\\x1B]8;;\\x07!",
  ],
  "tailcast's own stderr": [
    showControls,
    "\\u001b]8;;http://a.b\\u0007docs\\u001b]8;;\\u0007!",
    "\\u001b]8;;file:///a\\u0007docs\\u001b]8;;\\u0007!",
  ],
};

describe("a hyperlink", () => {
  for (const [consumer, [show, web, other]] of Object.entries(consumers)) {
    it(`is shown by ${consumer} as the README of src/terminal says`, () => {
      assert.equal(show("\x1b]8;;http://a.b\x07docs\x1b]8;;\x07!"), web);
      assert.equal(show("\x1b]8;;file:///a\x07docs\x1b]8;;\x07!"), other);
    });
  }

  it("stays in a stored line where the cursor does not move, whatever its address is", () => {
    for (const address of ["http://a.b", "file:///a"]) {
      const text = `\x1b]8;;${address}\x07docs\x1b]8;;\x07!`;
      assert.equal(stored(text), text);
    }
  });
});

describe("webAddressOf()", () => {
  it("returns http and https addresses, with parameters and both ends", () => {
    for (const address of ["http://a.b", "HTTPS://a.b/?c;d#e", `https://a.b/${"c".repeat(2000)}`])
      for (const end of ["\x07", "\x1b\\"]) assert.equal(webAddressOf(`\x1b]8;id=7:x=y;${address}${end}`), address);
  });

  it("returns no other address, none with other characters, and none that is too long", () => {
    const others = ["", "file:///a", "javascript:alert(1)", "https://a.b/ü", "https://a\u202eb", "http:// a"];
    for (const address of [...others, `https://a.b/${"c".repeat(2100)}`])
      assert.equal(webAddressOf(`\x1b]8;;${address}\x07`), undefined, address);
    for (const control of ["\x1b]8;;http://a.b", "\x1b]9;;http://a.b\x07", `\x1b]8;${"p".repeat(300)};http://a.b\x07`])
      assert.equal(webAddressOf(control), undefined, control);
  });
});

describe("mayBeHyperlink()", () => {
  it("is true for every beginning of a hyperlink, up to a limit", () => {
    const link = "\x1b]8;;http://a.b\x07";
    for (let end = 1; end <= link.length; end++) assert.ok(mayBeHyperlink(link.slice(0, end)), `cut at ${end}`);
    assert.ok(!mayBeHyperlink(`${link}${"x".repeat(2500)}`));
    assert.ok(!mayBeHyperlink("\x1b]0;title"));
  });
});
