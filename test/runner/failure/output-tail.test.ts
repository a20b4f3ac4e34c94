import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { OutputTail } from "../../../dist/runner/failure/output-tail.js";
import type { OutputLine } from "../../../dist/runner/output/step-output.js";

const LIMIT = 32 * 1024;

function line(text: string, isOpen?: boolean): OutputLine {
  return { stream: "stdout", text, isOpen };
}

describe("OutputTail", () => {
  it("returns the lines as plain text, without the open states of lines", () => {
    const tail = new OutputTail();
    tail.add([line("\x1b[31mError:\x1b[39m a"), line("50 %", true)]);
    tail.add([line("100 %"), line("")]);
    assert.equal(tail.text, "Error: a\n100 %\n\n");
  });

  it("keeps the end of a long output", () => {
    const tail = new OutputTail();
    for (let number = 0; number < 100_000; number++) tail.add([line(` line ${number}`)]);
    assert.equal(tail.text.length, LIMIT);
    assert.match(tail.text, /^.*\n line 9\d+\n(?: line \d+\n)+ line 99999\n$/);
  });

  it("keeps 40 lines, with the lines that continue them", () => {
    const tail = new OutputTail();
    const stack = ["Error: b", "    at c", "", "npm error d", "➤ YN0000: e"];
    const others = Array.from({ length: 39 }, (_, number) => `line ${number}`);
    tail.add(["Error: a", ...stack, ...others].map((text) => line(text)));
    assert.ok(tail.text.startsWith(`${stack.join("\n")}\nline 0\n`), tail.text);
    assert.ok(tail.text.endsWith("\nline 38\n"));
  });

  it("keeps the end of a long line, and of many lines that arrive together", () => {
    const tail = new OutputTail();
    tail.add(Array.from({ length: 10_000 }, () => line("many")));
    tail.add([line(`${"x".repeat(3 * LIMIT)}end`)]);
    assert.equal(tail.text, `${"x".repeat(LIMIT - 4)}end\n`);
  });
});
