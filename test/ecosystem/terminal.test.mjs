/** Output as a real terminal emulator shows it: xterm.js, without a display, judges the log. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import unicode11 from "@xterm/addon-unicode11";
import xterm from "@xterm/headless";
import { LineSplitter } from "../../dist/runner/output/line-splitter.js";
import { StepOutput } from "../../dist/runner/output/step-output.js";
import { LineOrder } from "../../dist/streams/line-order.js";
import { plainText } from "../../dist/terminal/plain-text.js";
import { createRandom } from "../../dist-test/support/random.js";

const SIZE = { cols: 250, rows: 60 };
const SEEDS = Number(process.env.TERMINAL_SEEDS ?? 300);

/** Each kind of piece: what a program prints, and how the emulator gets it if not the same. */
const PIECES = [
  (random) => ["ab cd", "x", "0123456789", "   ", "é", "ready"][random(6)],
  (random) => ["日本", "語", "😀", "✅", "한", "ｗ", "🚀🚀"][random(7)],
  (random) => ["e\u0301", "n\u0303", "日\u0301"][random(3)],
  (random) => `\x1b[${["31", "0", "1;32", "38;5;196", "48;2;1;2;3", "", "7", "39", "4:3", "22"][random(10)]}m`,
  () => "\r",
  (random) => "\b".repeat(1 + random(4)),
  () => "\t",
  () => "\n",
  () => "\r\n",
  (random) => `\x1b[${1 + random(40)}G`,
  (random) => `\x1b[${["", 1, 3, 12][random(4)]}${"CD"[random(2)]}`,
  (random) => `\x1b[${["", 0, 1, 2][random(4)]}K`,
  (random) => `\x1b[${["", 0, 1][random(3)]}J`,
  (random) => `\x1b[${["", 1, 2, 3, 9][random(5)]}${"ABEF"[random(4)]}`,
  (random) => `\x1b[${1 + random(5)}X`,
  (random) => ["\x1b7", "\x1b8", "\x1b[s", "\x1b[u"][random(4)],
  (random) => ["\x1b[?25l", "\x1b[?25h", "\x1b[?2026h", "\x07", "\0", "\x1b(B", "\x1b="][random(7)],
  (random) => ["\v", "\f", "\x1bD", "\x1bE", "\x1bM"][random(5)],
  (random) => ["\x1b]0;a title\x07", "\x1b]8;;http://a.b/c\x1b\\", "\x1bP1$r\x1b\\", "\x1b_x\x1b\\"][random(4)],
  // A control string without its end in the line ends with the line.
  () => ["\x1b]0;never ends\n", "\x1b]0;never ends\x1b\\\n"],
  // In UTF-8, C1 characters are text; the emulator would take them for controls.
  (random) => [["\u0085", "\u0092", "\u009b", "\u009d"][random(4)], "¤"],
];

/** The rows that a terminal shows. The driver of a real one makes CRLF of LF. */
async function screenOf(text) {
  const terminal = new xterm.Terminal({ ...SIZE, scrollback: 0, allowProposedApi: true });
  terminal.loadAddon(new unicode11.Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  await new Promise((resolve) => terminal.write(text.replaceAll("\n", "\r\n"), resolve));
  let shown = "";
  for (let row = 0; row < SIZE.rows; row++) {
    shown += `${terminal.buffer.active.getLine(row).translateToString(true).trimEnd()}\n`;
  }
  terminal.dispose();
  return shown.trimEnd();
}

/** The last state of every line, however the bytes are cut, and whenever somebody looks at what is not complete. */
function linesOf(bytes, random) {
  const splitter = new LineSplitter();
  const lines = [];
  const add = (row, texts) => texts.forEach((text, index) => (lines[row + index] = text));
  const change = () => splitter.takeChanges().forEach(({ row, text }) => (lines[row] = text));
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(random(4) === 0 ? 200 : 8);
    add(splitter.nextRow, splitter.push(bytes.subarray(at, end)));
    if (random(10) === 0) change();
    at = end;
  }
  add(splitter.nextRow, splitter.end());
  change();
  // A last line that was shown while it was incomplete, and then erased, stays as an empty one.
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The log as text, as clients of `/log` get it, whenever the runner reads and a client looks. */
async function logOf(bytes, random) {
  const reader = new PassThrough();
  const order = new LineOrder();
  const numbers = new Map();
  let log = "";
  const output = new StepOutput([{ stream: "stdout", reader }], (lines) => {
    for (const { stream, row, text, isOpen } of lines) {
      if (stream === "system") continue;
      if (!numbers.has(row)) numbers.set(row, numbers.size + 1);
      log += order.push([{ number: numbers.get(row), text: plainText(text), isOpen }]);
    }
  });
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(random(4) === 0 ? 200 : 8);
    reader.write(bytes.subarray(at, end));
    // A line of the runner makes it show what is not complete.
    if (random(10) === 0) await turn();
    if (random(10) === 0) output.say("");
    at = end;
  }
  reader.end();
  await output.ended;
  return log + order.end();
}

/**
 * A random output. The cursor cannot move below the last row that was printed, as at the bottom of a terminal. The
 * emulator has empty rows there, so it gets no such sequence.
 */
function output(random) {
  let printed = "";
  let judged = "";
  let [row, lastRow, savedRow] = [0, 0, 0];
  for (let count = 5 + random(120); count > 0 && lastRow < 50; count--) {
    const piece = PIECES[random(3) === 0 ? random(3) : random(PIECES.length)](random);
    const [ours, theirs] = typeof piece === "string" ? [piece, piece] : piece;
    const [, distance, direction] = /^\x1b\[(\d*)([ABEF])$/.exec(ours) ?? [];
    const rows = Number(distance || 1);
    // At the top of its screen, the emulator would insert a row.
    if (ours === "\x1bM" && row === 0) continue;
    else if (ours === "\x1bM") row--;
    else if (direction === "A" || direction === "F") row = Math.max(0, row - rows);
    else if (direction !== undefined && row + rows > lastRow) continue;
    else if (direction !== undefined) row += rows;
    else if (ours === "\x1b7" || ours === "\x1b[s") savedRow = row;
    else if (ours === "\x1b8" || ours === "\x1b[u") row = savedRow;
    else if (/[\n\v\f]|\x1b[DE]$/.test(ours)) row++;
    lastRow = Math.max(row, lastRow);
    printed += ours;
    judged += theirs;
  }
  return { printed, judged };
}

describe("the log of a build", () => {
  it(`shows what a terminal shows, for ${SEEDS} random outputs`, async () => {
    const first = Number(process.env.TERMINAL_SEED ?? 1);
    for (let seed = first; seed < first + SEEDS; seed++) {
      const random = createRandom(seed);
      const { printed, judged } = output(random);
      const lines = linesOf(new TextEncoder().encode(printed), random);
      const shown = await screenOf(lines.map((line) => plainText(line).replace(/<U\+00..>/g, "¤")).join("\n"));
      assert.equal(shown, await screenOf(judged), `seed ${seed}: ${JSON.stringify(printed)}`);
      const log = await logOf(new TextEncoder().encode(printed), random);
      assert.equal(await screenOf(log.replace(/<U\+00..>/g, "¤")), shown, `seed ${seed}: /log`);
      for (let round = 0; round < 3; round++) {
        assert.deepEqual(linesOf(new TextEncoder().encode(printed), random), lines, `seed ${seed}, cut otherwise`);
      }
    }
  });
});
