import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { spansOf } from "../../../dist/page/line/ansi.js";

const ESC = "\u001b";

/** The classes that a text has behind an SGR sequence. */
function classesAfter(...sequences: string[]): string | undefined {
  const [span] = spansOf(`${sequences.map((parameters) => `${ESC}[${parameters}m`).join("")}x`);
  return span?.classes;
}

function textOf(line: string): string {
  return spansOf(line)
    .map(({ text }) => text)
    .join("");
}

describe("spansOf()", () => {
  it("returns plain text as one span, and no span for an empty line", () => {
    assert.deepEqual(spansOf("npm run build\t<b>&amp;"), [{ text: "npm run build\t<b>&amp;", classes: "" }]);
    assert.deepEqual(spansOf(""), []);
    assert.deepEqual(spansOf(`${ESC}[31m${ESC}[0m`), []);
  });

  it("parts a line where its style changes", () => {
    assert.deepEqual(spansOf(`a${ESC}[31mb${ESC}[1mc${ESC}[0md`), [
      { text: "a", classes: "" },
      { text: "b", classes: "fg-1" },
      { text: "c", classes: "fg-1 bold" },
      { text: "d", classes: "" },
    ]);
  });

  it("joins neighbours of one style", () => {
    assert.deepEqual(spansOf(`${ESC}[32ma${ESC}[32mb${ESC}[Kc${ESC}[31m${ESC}[32md`), [
      { text: "abcd", classes: "fg-2" },
    ]);
  });

  it("begins each line in the plain style", () => {
    assert.deepEqual(spansOf(`${ESC}[33mwarning:`), [{ text: "warning:", classes: "fg-3" }]);
    assert.deepEqual(spansOf("the next line"), [{ text: "the next line", classes: "" }]);
  });

  it("knows the sixteen colours, in front and behind", () => {
    for (let index = 0; index < 8; index++) {
      assert.equal(classesAfter(String(30 + index)), `fg-${index}`);
      assert.equal(classesAfter(String(90 + index)), `fg-${index + 8}`);
      assert.equal(classesAfter(String(40 + index)), `bg-${index}`);
      assert.equal(classesAfter(String(100 + index)), `bg-${index + 8}`);
    }
    assert.equal(classesAfter("31;42"), "fg-1 bg-2");
    assert.equal(classesAfter("31;42", "39"), "bg-2");
    assert.equal(classesAfter("31;42", "49"), "fg-1");
  });

  it("knows every attribute and its end", () => {
    const attributes: [on: string, classes: string, off: string][] = [
      ["1", "bold", "22"],
      ["2", "dim", "22"],
      ["3", "italic", "23"],
      ["4", "underline", "24"],
      ["21", "underline", "24"],
      ["4:3", "underline", "4:0"],
      ["7", "inverse", "27"],
      ["9", "strike", "29"],
    ];
    for (const [on, classes, off] of attributes) {
      assert.equal(classesAfter(on), classes);
      assert.equal(classesAfter(on, off), "");
      assert.equal(classesAfter(on, "0"), "");
    }
    assert.equal(classesAfter("1;2;3;4;9"), "bold dim italic underline strike");
  });

  it("exchanges the colours for inverse", () => {
    assert.equal(classesAfter("7;31"), "bg-1");
    assert.equal(classesAfter("7;41"), "fg-1 inverse");
    assert.equal(classesAfter("7;31;42"), "fg-2 bg-1");
  });

  it("brings 256 and 24-bit colours down to the theme's, in both spellings", () => {
    assert.equal(classesAfter("38;5;9"), "fg-9");
    assert.equal(classesAfter("48;5;22"), "bg-2");
    assert.equal(classesAfter("38:5:208"), "fg-11");
    assert.equal(classesAfter("38;2;200;30;30"), "fg-1");
    assert.equal(classesAfter("48;2;30;30;200"), "bg-4");
    assert.equal(classesAfter("38:2:200:30:30"), "fg-1");
    assert.equal(classesAfter("38:2::200:30:30"), "fg-1");
    assert.equal(classesAfter("38:2:1:200:30:30"), "fg-1");
  });

  it("takes the values of a colour with it, whether or not it can be shown", () => {
    assert.equal(classesAfter("38;5;1;4"), "fg-1 underline");
    assert.equal(classesAfter("38;2;200;30;30;4"), "fg-1 underline");
    assert.equal(classesAfter("58;5;1;4"), "underline");
    assert.equal(classesAfter("58;2;3;7;9;4"), "underline");
    assert.equal(classesAfter("58:5:1;4"), "underline");
  });

  it("ignores texts that are not colours", () => {
    for (const parameters of [
      "38",
      "38;5",
      "38;5;256",
      "38;5;-1",
      "38;2;1;2",
      "38;2;1;2;300",
      "38:9:1",
      "38;7;1",
      "199",
      "38:5",
    ]) {
      assert.equal(classesAfter("32", parameters)?.split(" ")[0], "fg-2", parameters);
    }
  });

  it("reads an empty parameter as a reset", () => {
    assert.equal(classesAfter("1", ""), "");
    assert.equal(classesAfter("1", ";4"), "underline");
  });

  it("drops every other control sequence", () => {
    const dropped = [
      `${ESC}[2K`,
      `${ESC}[10;20H`,
      `${ESC}[?25l`,
      `${ESC}[>4;2m`,
      `${ESC}[1 q`,
      `${ESC}]0;title\u0007`,
      `${ESC}]8;;${ESC}\\`,
      `${ESC}]9;4;1;50${ESC}\\`,
      `${ESC}P1$r0m${ESC}\\`,
      `${ESC}_payload${ESC}\\`,
      `${ESC}^private${ESC}\\`,
      `${ESC}Xstring${ESC}\\`,
      `${ESC}(B`,
      `${ESC}7`,
      `${ESC}=`,
      `${ESC}c`,
      "\u0007",
      "\b",
      "\0",
      "\r",
      "\u007f",
    ];
    for (const sequence of dropped)
      assert.deepEqual(spansOf(`a${sequence}b`), [{ text: "ab", classes: "" }], JSON.stringify(sequence));
    assert.deepEqual(spansOf(`${ESC}[>1m${ESC}[?4mx`), [{ text: "x", classes: "" }]);
  });

  it("makes a link of a hyperlink to http or https, whatever its text is, and of no other", () => {
    const link = (address: string, end = "\u0007"): unknown =>
      spansOf(`${ESC}]8;id=1;${address}${end}text${ESC}]8;;${end}`).map((span) => span.link?.href);
    assert.deepEqual(link("https://example.com/a;b"), ["https://example.com/a;b"]);
    assert.deepEqual(link("http://localhost:5173/", `${ESC}\\`), ["http://localhost:5173/"]);
    for (const address of ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//a.b", "https://"])
      assert.deepEqual(link(address), [undefined], address);
  });

  it("keeps one link where its colour changes", () => {
    const spans = spansOf(`${ESC}]8;;https://a.b/\u0007x${ESC}[31my${ESC}]8;;\u0007z`);
    assert.deepEqual(
      spans.map(({ text, link }) => [text, link?.href]),
      [
        ["x", "https://a.b/"],
        ["y", "https://a.b/"],
        ["z", undefined],
      ],
    );
    assert.equal(spans[0]?.link, spans[1]?.link);
  });

  it("keeps the text of a hyperlink", () => {
    assert.equal(textOf(`see ${ESC}]8;;https://example.com${ESC}\\the docs${ESC}]8;;${ESC}\\.`), "see the docs.");
  });

  it("loses no text to a sequence that is cut off", () => {
    assert.equal(textOf(`a${ESC}]0;never ended`), "a");
    assert.equal(textOf(`a${ESC}]0;broken off${ESC}[31mb`), "ab");
    assert.equal(textOf(`a${ESC}`), "a");
    assert.equal(textOf(`a${ESC}[12;`), "a");
    assert.equal(textOf(`a${ESC}[12é`), "aé");
  });

  it("keeps C1 characters, which are text in UTF-8", () => {
    assert.equal(textOf("it\u0092s \u009b31m \u009d0;title"), "it\u0092s \u009b31m \u009d0;title");
  });

  it("keeps all text of other scripts, and characters beyond 16 bits", () => {
    assert.equal(textOf(`${ESC}[32m✓${ESC}[39m größer 日本語 \u{1f600}\u2028`), "✓ größer 日本語 \u{1f600}\u2028");
  });

  it("takes time in proportion to the line, whatever the content", () => {
    const count = 200_000;
    for (const piece of [ESC, `${ESC}[`, `${ESC}]`, `${ESC}[1;`, `${ESC}[31mx`, "\u0090"]) {
      // With quadratic time this would not end within the test run's patience.
      assert.equal(typeof spansOf(piece.repeat(count)).length, "number");
    }
  });
});
