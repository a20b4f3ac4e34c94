/**
 * A build tool that prints: `node child.mjs GATE LINES console|bursts`. It starts when something was written to the
 * named pipe GATE, and prints numbered lines of 120 bytes, 100 in a turn of the event loop, each with its own
 * `console.log`, or all with one `process.stdout.write`.
 *
 * A line starts as the load generator expects it: its marker, and the time at which its burst started.
 */
import { readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";

const BURST = 100;
const LENGTH = 119;
const TIME_DIGITS = 16;

const [gate, lines, way] = process.argv.slice(2);
// The lines name many files, so that the text compresses no better than the output of real tools. They are made before
// the measurement starts.
const texts = Array.from({ length: 911 }, (_, file) =>
  `compiled src/components/table/column-${file}-menu.tsx to dist/assets in ${(file * 37) % 911} ms `.padEnd(
    LENGTH,
    ".",
  ),
);

readFileSync(gate);
for (let number = 1; number <= Number(lines);) {
  const head = `~${String(process.hrtime.bigint()).padStart(TIME_DIGITS, "0")} `;
  const end = Math.min(number + BURST - 1, Number(lines));
  let burst = "";
  for (; number <= end; number++) {
    const line = `${head}${number} ${texts[(number - 1) % texts.length]}`.slice(0, LENGTH);
    if (way === "console") console.log(line);
    else burst += `${line}\n`;
  }
  if (burst !== "") process.stdout.write(burst);
  await nextTurn();
}
