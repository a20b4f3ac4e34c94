import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineSplitter } from "../../../dist/runner/output/line-splitter.js";
import { heapBytes } from "../../support/channel.js";

const encoder = new TextEncoder();

function split(chunks: readonly Uint8Array[], maxLineLength?: number): string[] {
  const splitter = new LineSplitter({ maxLineLength });
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
}

/** Asserts the lines of an input, whole, byte by byte, and cut in two at every offset. */
function assertLines(input: string | Uint8Array, expected: readonly string[], maxLineLength?: number): void {
  const bytes = typeof input === "string" ? encoder.encode(input) : input;
  assert.deepEqual(split([bytes], maxLineLength), expected);
  assert.deepEqual(
    split(
      Array.from(bytes, (byte) => Uint8Array.of(byte)),
      maxLineLength,
    ),
    expected,
    "byte by byte",
  );
  for (let cut = 0; cut <= bytes.length; cut++) {
    const halves = [bytes.subarray(0, cut), bytes.subarray(cut)];
    assert.deepEqual(split(halves, maxLineLength), expected, `cut at byte ${cut}`);
  }
}

describe("LineSplitter", () => {
  it("ends lines at LF and CRLF, wherever the input is cut", () => {
    assertLines("", []);
    assertLines("one\ntwo\r\nthree\n", ["one", "two", "three"]);
    assertLines("\n\r\n\n", ["", "", ""]);
    assertLines("no line end", ["no line end"]);
    assertLines("one\n\nlast", ["one", "", "last"]);
  });

  it("keeps the last state of a line: a CR moves the cursor, and only later characters replace text", () => {
    assertLines("10%\r50%\r100%\n", ["100%"]);
    assertLines("10%\r50%\r\n", ["50%"]);
    assertLines("10%\r\r\r\n", ["10%"]);
    assertLines("\r\rdone\r\n", ["done"]);
    assertLines("10%\r", ["10%"]);
    assertLines("\r", []);
    assertLines("10%\r\nnext\r90%", ["10%", "90%t"]);
    assertLines("10%\r\n\r\n", ["10%", ""]);
  });

  it("ends lines at nothing else", () => {
    assertLines("a\u2028b\u2029c\u0085d\n", ["a\u2028b\u2029c\u0085d"]);
  });

  it("moves down at VT and FF, as a terminal does", () => {
    assertLines("a\vb\fc\n", ["a", " b", "  c"]);
    assertLines("\fpage 2\n", ["", "page 2"]);
  });

  it("keeps silent control characters, tabs and a byte order mark in a line in which the cursor does not move", () => {
    assertLines("\u001b[31mred\u001b[0m\0\t\x07\n", ["\u001b[31mred\u001b[0m\0\t\x07"]);
    const link = "\u001b]8;;http://a.b\u001b\\link\u001b]8;;\u001b\\";
    assertLines(`${link}\n`, [link]);
    assertLines("\ufefffirst\n\ufeffsecond\n", ["\ufefffirst", "\ufeffsecond"]);
  });

  it("decodes UTF-8 that is cut anywhere", () => {
    assertLines("é€😀\n😀€é", ["é€😀", "😀€é"]);
  });

  it("replaces invalid UTF-8 with U+FFFD", () => {
    assertLines(Uint8Array.of(0x61, 0xff, 0x62, 0x0a), ["a\ufffdb"]);
    assertLines(Uint8Array.of(0xe2, 0x82, 0x0a, 0x63), ["\ufffd", "c"]);
    assertLines(Uint8Array.of(0xf0, 0x9f), ["\ufffd"]);
  });

  it("decodes any bytes as the Encoding Standard says, wherever they are cut", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    // ASCII, and the bytes at both ends of every range that the standard's decoder distinguishes.
    const bytes = [
      0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1,
      0xf3, 0xf4, 0xf5, 0xff,
    ];
    for (const first of bytes) {
      for (const second of bytes) {
        for (const third of bytes) {
          const input = Uint8Array.of(0x61, first, second, third, 0x62);
          assertLines(input, [decoder.decode(input)]);
          // An input without visible characters has no last line.
          const last = decoder.decode(input.subarray(1, 4));
          assertLines(input.subarray(1, 4), last === "\x7f\x7f\x7f" ? [] : [last]);
        }
      }
    }
    for (const text of ["ascii é ascii € ascii 😀 ascii", "é€😀\ufeff", "\ufeff\ufeffa"]) assertLines(text, [text]);
    for (const end of [[0xf0], [0xf0, 0x9f], [0xf0, 0x9f, 0x98], [0xe2, 0x82], [0xc3]]) {
      const input = Uint8Array.of(0x61, ...end);
      assertLines(input, [decoder.decode(input)]);
    }
  });

  it("keeps the text of a line whose CR is followed by controls only", () => {
    assertLines("done\r\u001b[0m\n", ["done"]);
    assertLines("done\r\u001b[?25h\r\n", ["done"]);
    // A value of a CRLF file that is printed in colour, and a coloured diff of CRLF text.
    assertLines("\u001b[32mvalue\r\u001b[0m\nnext\n", ["\u001b[32mvalue\u001b[0m", "next"]);
    assertLines("\u001b[31m-old\u001b[m\u001b[31m\r\u001b[m\n", ["\u001b[31m-old\u001b[0m"]);
    const utf16 = Buffer.from("hello\r\nworld\r\n", "utf16le");
    assertLines(utf16, ["hello", "world"]);
  });

  it("carries a style to the next line, and not beyond its reset", () => {
    assertLines("\u001b[31mred\nstill\n\u001b[0mplain\n", [
      "\u001b[31mred\u001b[0m",
      "\u001b[31mstill\u001b[0m",
      "\u001b[31m\u001b[0mplain",
    ]);
    assertLines("\u001b[31mred\u001b[0m\rRED\nplain\n", ["RED", "plain"]);
  });

  it("keeps the last state of a progress line that is redrawn 100 000 times", () => {
    const splitter = new LineSplitter();
    for (let count = 1; count <= 100_000; count++) {
      assert.deepEqual(splitter.push(encoder.encode(`\r\u001b[2K${count} of 100000`)), []);
    }
    assert.deepEqual(splitter.takeChanges(), [{ row: 0, text: "100000 of 100000", isOpen: true }]);
    assert.deepEqual(splitter.push(encoder.encode("\n")), ["100000 of 100000"]);
    assertLines(`${"\b\b\b\b50 %".repeat(50)}\n`.slice(4), ["50 %"], 100);
  });

  it("returns the line without an end, and again when it has changed", () => {
    const splitter = new LineSplitter();
    splitter.push(encoder.encode("one\nPassword:"));
    assert.deepEqual(splitter.takeChanges(), [{ row: 1, text: "Password:", isOpen: true }]);
    assert.deepEqual(splitter.takeChanges(), []);
    splitter.push(encoder.encode(" ok\u001b[3"));
    assert.deepEqual(splitter.takeChanges(), [{ row: 1, text: "Password: ok", isOpen: true }]);
    assert.equal(splitter.nextRow, 1);
    const rest = ["Password: ok\u001b[31m\u001b[0m", "\u001b[31mnext\u001b[0m"];
    assert.deepEqual(splitter.push(encoder.encode("1m\nnext\n")), rest);
    splitter.push(encoder.encode("\u001b[0m"));
    assert.deepEqual(splitter.takeChanges(), []);
    assert.deepEqual(splitter.end(), []);
  });

  it("cuts a long line, marks it, and drops the rest up to its end", () => {
    const cut = "12345 … [line cut at 5 characters]";
    assertLines("12345\n1234\n", ["12345", "1234"], 5);
    assertLines("123456\nnext\n", [cut, "next"], 5);
    assertLines("123456789012\r\nnext\n", [cut, "next"], 5);
    assertLines("1234567890", [cut], 5);
    assertLines("123456\n\n", [cut, ""], 5);
  });

  it("keeps the last state of a line that is cut, and its mark in sight", () => {
    assertLines("1234567\rabc\n", ["abc45 … [line cut at 5 characters]"], 5);
    assertLines("1234567\rabc\u001b[K\n", ["abc"], 5);
    assertLines("1234567\u001b[2K\rabc\r\n\n", ["abc", ""], 5);
    assertLines("ok\r1234567\n", ["12345 … [line cut at 5 characters]"], 5);
    assertLines("123456\u001b]0;never ends\nnext\n", ["12345 … [line cut at 5 characters]", "next"], 5);
    const red = "\u001b[31m1234567890\u001b]0;\n";
    assertLines(red, ["\u001b[31m12345\u001b[0m … [line cut at 10 characters]"], 10);
  });

  it("does not cut a surrogate pair in two", () => {
    assertLines("1😀😀😀\n", ["1😀 … [line cut at 4 characters]"], 4);
    assertLines("12😀😀\n", ["12😀 … [line cut at 4 characters]"], 4);
  });

  it("can split another input after end()", () => {
    const splitter = new LineSplitter({ maxLineLength: 3 });
    splitter.push(encoder.encode("abcdef"));
    assert.deepEqual(splitter.end(), ["abc … [line cut at 3 characters]"]);
    splitter.push(encoder.encode("\u001b[31ma\u001b[1"));
    assert.equal(splitter.end().length, 1);
    splitter.push(Uint8Array.of(0xe2));
    assert.deepEqual(splitter.end(), ["\ufffd"]);
    assert.deepEqual(splitter.push(encoder.encode("\ntwo\n")), ["", "two"]);
  });

  it("reads a line of 300 MB without keeping it", () => {
    const splitter = new LineSplitter();
    const chunk = new Uint8Array(64 * 1024).fill(0x78);
    const lines: string[] = [];
    for (let bytes = 0; bytes < 300e6; bytes += chunk.length) lines.push(...splitter.push(chunk));
    lines.push(...splitter.push(encoder.encode("\nnext\n")));
    assert.deepEqual(lines, [`${"x".repeat(16_384)} … [line cut at 16384 characters]`, "next"]);
  });

  it("keeps no text that CRs have overwritten", async () => {
    const states = Array.from({ length: 3000 }, (_, index) => `state ${index} of the progress`).join("\r");
    const lines: string[] = [];
    const before = await heapBytes();
    const splitter = new LineSplitter();
    for (let count = 0; count < 500; count++) lines.push(...splitter.push(encoder.encode(`${states} \r\n`)));
    assert.deepEqual(new Set(lines), new Set(["state 2999 of the progress "]));
    // A slice keeps its whole string in memory: that would be 40 MB.
    assert.ok((await heapBytes()) - before < 4e6);
    assert.equal(lines.length, 500);
  });

  it("needs linear time for a million short lines and for a million CRs", () => {
    assert.equal(split([encoder.encode("x\n".repeat(1e6))]).length, 1e6);
    assert.deepEqual(split([encoder.encode(`${"x\r".repeat(1e6)}\n`)]), ["x"]);
    assert.equal(split([encoder.encode("x\r\n".repeat(1e6))]).length, 1e6);
  });

  it("refuses a limit that is not an integer of at least 2", () => {
    for (const maxLineLength of [1, 0, -1, 1.5, NaN, Infinity, "9" as unknown as number]) {
      assert.throws(() => new LineSplitter({ maxLineLength }), { code: "INVALID_OPTION", message: /"maxLineLength"/ });
    }
  });
});
