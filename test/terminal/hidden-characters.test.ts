import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatEntry } from "../../dist/log-format.js";
import { revealHidden } from "../../dist/page/line/reveal-hidden.js";
import { showControls } from "../../dist/print.js";
import { replaceHidden, splitHidden } from "../../dist/terminal/hidden-characters.js";
import { plainText } from "../../dist/terminal/plain-text.js";

const isHidden = /[\p{Bidi_Control}\x80-\x9f\u2028\u2029]/u;
const isControl = /[\0-\x1f\x7f]/;

/** Every code point but the C0 characters and halves of surrogate pairs. */
const characters = Array.from({ length: 0x11_0000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) => !isControl.test(character));
const hidden = characters.filter((character) => isHidden.test(character));
const visible = characters.filter((character) => !isHidden.test(character)).join("");

/** How each consumer of text shows it. */
const consumers: Readonly<Record<string, (text: string) => string>> = {
  "the log as text": plainText,
  "the page": (text) =>
    revealHidden([{ text, classes: "" }])
      .map(({ text: shown }) => shown)
      .join(""),
  "a message of the program": showControls,
  "a line of its log": (path) => {
    const json = formatEntry({ time: "", level: "info", event: "request", fields: { path } }, "json");
    return json.slice(json.indexOf('"path":"') + 8, -3);
  },
};

function hexOf(code = 0): string {
  return code.toString(16).padStart(4, "0");
}

describe("hidden characters", () => {
  for (const [consumer, show] of Object.entries(consumers)) {
    it(`are visible in ${consumer}`, () => {
      for (const character of hidden) {
        const shown = show(`a${character}b`);
        const name = `<U+${hexOf(character.codePointAt(0))}>`;
        const units = character.split("").map((unit) => `\\u${hexOf(unit.charCodeAt(0))}`).join("");
        const isEscaped = !["the log as text", "the page"].includes(consumer);
        assert.equal(shown.toUpperCase(), `a${isEscaped ? units : name}b`.toUpperCase());
      }
    });

    it(`leave all other characters as they are in ${consumer}`, () => {
      const text = visible.replaceAll(/["\\]/g, "");
      assert.ok(show(text) === text);
    });
  }

  it("are replaced and split wherever they stand", () => {
    const text = hidden.map((character, index) => `${character}${"x".repeat(index % 3)}`).join("");
    const parts = splitHidden(text);
    assert.equal(parts.join(""), text);
    assert.deepEqual(parts.filter((_, index) => index % 2 === 1), hidden);
    assert.equal(replaceHidden(text, () => ""), text.replaceAll(new RegExp(isHidden, "gu"), ""));
  });
});
