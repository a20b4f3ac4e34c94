import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runStep } from "../../../dist/runner/process/run-step.js";
import { plainText } from "../../../dist/terminal/plain-text.js";

/** The plain log of a real program, which gets its output as arguments and prints each of them with one write. */
async function logOf(...writes: string[]): Promise<string[]> {
  const lines: string[] = [];
  const program = "for (const text of process.argv.slice(1)) fs.writeSync(1, JSON.parse(text));";
  const args = ["--eval", program, ...writes.map((text) => JSON.stringify(text))];
  const step = { name: "x", command: process.execPath, args, cwd: process.cwd() };
  const outcome = await runStep(step, { onLines: (given) => void lines.push(...given.map(({ text }) => text)) });
  assert.deepEqual(outcome, { type: "succeeded" });
  return lines.map(plainText);
}

describe("the output of a step", () => {
  it("keeps the last state of progress that is drawn in any way", async () => {
    const log = await logOf(
      "\x1b[?25l10%\r50%\r100%\r\x1b[?25h\n",
      "step 1/3\b\b\b2/3\b\b\b3/3\n",
      "\x1b[2K\x1b[1Gfetch",
      "\x1b[2K\x1b[1Gdone\n",
      "spinner |\r\x1b[Kok\r\n",
    );
    assert.deepEqual(log, ["100%", "step 3/3", "done", "ok"]);
  });

  it("keeps the text of lines that end in CR and controls", async () => {
    assert.deepEqual(await logOf("\x1b[32mvalue\r\x1b[0m\n", "name\r\x1b[K\r\n"), ["value", ""]);
  });

  it("keeps the last state of a block that is redrawn, after its first", async () => {
    const log = await logOf("a: 1%\nb: 1%\n", "\x1b[2Aa: 50%\nb: 50%\n", "\x1b[2Aa: 100%\nb: 100%\n", "all done\n");
    assert.deepEqual(log, ["a: 1%", "b: 1%", "all done", "a: 100%", "b: 100%"]);
  });

  it("loses no text to C1 characters and to control strings without an end", async () => {
    const log = await logOf("it\u0092s \u009d0;here\n", "\x1b]0;title\nnext\n");
    assert.deepEqual(log, ["it<U+0092>s <U+009D>0;here", "", "next"]);
  });
});
