/**
 * A build tool that prints: `node child.mjs GATE LINES RATE`. It starts when something was written to the named pipe
 * GATE, and prints RATE lines a second; with 0, as fast as it can. A line has its number and the time at which it was
 * printed. One line, at seven tenths of the log, has the word of `WORD_LINE`.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { WORD, wordLine } from "./word.mjs";

const TURN = 10;
const BURST = 1000;

const [gate, count, ratePerSecond] = process.argv.slice(2);
const lines = Number(count);
const rate = Number(ratePerSecond);
const marked = wordLine(lines);

readFileSync(gate);
const begin = performance.now();
for (let number = 1; number <= lines;) {
  const elapsed = performance.now() - begin;
  const due = rate === 0 ? number + BURST - 1 : Math.floor((elapsed / 1000) * rate);
  let burst = "";
  const now = Date.now();
  for (; number <= Math.min(due, lines); number++) {
    const file = `src/components/table/column-${number % 911}-menu.tsx`;
    burst += `${now} ${number} compiled ${file} to dist/assets in ${(number * 37) % 911} ms`;
    burst += number === marked ? ` ${WORD}\n` : "\n";
  }
  if (burst !== "" && !process.stdout.write(burst)) await once(process.stdout, "drain");
  if (rate > 0) await sleep(TURN);
}
