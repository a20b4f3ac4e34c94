import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineSplitter } from "../../../dist/runner/output/line-splitter.js";
import { colouredText, plainText } from "../../../dist/terminal/plain-text.js";

const LIMIT = 40;
const MARK = ` … [line cut at ${LIMIT} characters]`;

/** Controls that leave the text of a line as it is. */
const CONTROLS = [
  ...["\x1b[31m", "\x1b[0m", "\x1b[8m", "\x1b[?25l", "\x1b(B", "\x1b]0;title\x07", "\x1b]8;;http://a.b\x1b\\"],
  ...["\x1bPq\x1b\\", "\0", "\x07", "\x7f", "\x1b7", "\x1b[K", "\x1b[0J", "\x1b7\r\x1b8", "\x1b7\b\x1b8"],
];

/** The lines of a text that arrives in these pieces, and the states of the lines that clients see meanwhile. */
function statesOf(pieces: readonly string[]): { lines: string[]; open: string[] } {
  const splitter = new LineSplitter({ maxLineLength: LIMIT });
  const open: string[] = [];
  const lines = pieces.flatMap((piece) => {
    const closed = splitter.push(Buffer.from(piece));
    open.push(...splitter.takeChanges().map(({ text }) => text));
    return closed;
  });
  return { lines: [...lines, ...splitter.end()], open };
}

/** Asserts that a line shows a start of the text; if it is not all, that it ends with the mark in the plain style. */
function assertMarked(line: string, text: string, context: string): void {
  const shown = plainText(line);
  if (shown.trimEnd() === text) return;
  assert.ok(shown.endsWith(MARK), `${context}: ${JSON.stringify(line)}`);
  const kept = shown.slice(0, -MARK.length);
  assert.ok(text.startsWith(kept) && kept.length < text.length, `${context}: ${JSON.stringify(line)}`);
  const coloured = colouredText(line);
  assert.ok(coloured.endsWith(MARK), `${context}: the mark is plain: ${JSON.stringify(line)}`);
  const [last = "\x1b[0m"] = coloured.match(/\x1b\[[\d;]*m(?![^]*\x1b\[)/) ?? [];
  assert.match(last, /^\x1b\[0?m$/, `${context}: ${JSON.stringify(line)}`);
}

describe("the mark of a line that is cut", () => {
  it("ends the line in the plain style, for every length, control and place of the control", () => {
    let cut = 0;
    for (let length = LIMIT - 3; length <= LIMIT + 3; length++) {
      const text = "0123456789".repeat(5).slice(0, length);
      for (const control of CONTROLS) {
        for (let at = 0; at <= length; at++) {
          const line = text.slice(0, at) + control + text.slice(at);
          const context = `${length} columns, ${JSON.stringify(control)} at ${at}`;
          const { lines } = statesOf([`${line}\nnext\n`]);
          assert.equal(lines.length, 2, context);
          assertMarked(lines[0] ?? "", text, context);
          assert.equal(plainText(lines[1] ?? ""), "next", context);
          if (length > LIMIT) assert.ok(plainText(lines[0] ?? "").endsWith(MARK), context);
          if (plainText(lines[0] ?? "").endsWith(MARK)) cut++;
        }
      }
    }
    assert.ok(cut > 2000, `${cut} lines were cut`);
  });

  it("is the same, and never stands in a text that is shown completely, however the output is divided", () => {
    for (const length of [LIMIT - 1, LIMIT, LIMIT + 1, 2 * LIMIT + 1]) {
      const text = "0123456789".repeat(9).slice(0, length);
      for (const control of CONTROLS) {
        for (const at of [0, 1, LIMIT - 1, LIMIT, LIMIT + 1]) {
          const line = `${text.slice(0, at)}${control}${text.slice(at)}\n`;
          const context = `${length} columns, ${JSON.stringify(control)} at ${at}`;
          const whole = plainText(statesOf([line]).lines[0] ?? "");
          for (let end = 1; end < line.length; end++) {
            const { lines, open } = statesOf([line.slice(0, end), line.slice(end)]);
            assert.equal(plainText(lines[0] ?? ""), whole, `${context}, divided at ${end}`);
            for (const state of open) assertMarked(state, text.slice(0, plainText(state).length), context);
          }
        }
      }
    }
  });
});
