import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { revealHidden } from "../../../dist/page/line/reveal-hidden.js";

/** All characters with the property Bidi_Control, escaped so that they have no effect on this source. */
const CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";

describe("revealHidden", () => {
  it("shows each control as its code point", () => {
    const shown = revealHidden([{ text: CONTROLS, classes: "" }]);
    assert.deepEqual(
      shown.map(({ text }) => text),
      ["061C", "200E", "200F", "202A", "202B", "202C", "202D", "202E", "2066", "2067", "2068", "2069"].map(
        (hex) => `<U+${hex}>`,
      ),
    );
    assert.deepEqual(new Set(shown.map(({ classes }) => classes)), new Set(["code-point"]));
  });

  it("shows C1 characters, which are text in UTF-8", () => {
    assert.deepEqual(revealHidden([{ text: "it\u0092s", classes: "dim" }]), [
      { text: "it", classes: "dim" },
      { text: "<U+0092>", classes: "code-point" },
      { text: "s", classes: "dim" },
    ]);
  });

  it("keeps the text around them and its style", () => {
    assert.deepEqual(
      revealHidden([
        { text: "if (\u202eisAdmin\u2066) {", classes: "fg-1 bold" },
        { text: "\u202d", classes: "" },
        { text: "x\u200f", classes: "" },
      ]),
      [
        { text: "if (", classes: "fg-1 bold" },
        { text: "<U+202E>", classes: "code-point" },
        { text: "isAdmin", classes: "fg-1 bold" },
        { text: "<U+2066>", classes: "code-point" },
        { text: ") {", classes: "fg-1 bold" },
        { text: "<U+202D>", classes: "code-point" },
        { text: "x", classes: "" },
        { text: "<U+200F>", classes: "code-point" },
      ],
    );
  });

  it("changes nothing else: right-to-left text, joiners, combined emoji", () => {
    const spans = [
      { text: "\u05e9\u05dc\u05d5\u05dd 1 \u200d\u200c\ufeff", classes: "" },
      { text: "\u{1f468}\u200d\u{1f469}", classes: "dim" },
    ];
    assert.equal(revealHidden(spans), spans);
    assert.deepEqual(revealHidden([]), []);
  });
});
