import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TerminalLines, rowsOf } from "../../../dist/cli/lines/terminal-lines.js";

const SIZE = { columns: 10, rows: 4 };

/** A function that sets a line and returns the bytes for the terminal, with the cursor movements named. */
function lines(): (number: number, text: string, isOpen?: boolean) => string {
  const all = new TerminalLines();
  return (number, text, isOpen = false) => {
    return all.set({ number, text, isOpen }, SIZE).replaceAll(/\x1b\[(\d+)A\r\x1b\[J/g, "<up $1>");
  };
}

describe("TerminalLines", () => {
  it("redraws a line in place, and the lines below it", () => {
    const set = lines();
    assert.deepEqual(
      [set(1, "1%", true), set(2, "b"), set(1, "50%", true), set(1, "50%", true), set(3, "c"), set(1, "100%")],
      ["1%\n", "b\n", "<up 2>50%\nb\n", "", "c\n", "<up 3>100%\nb\nc\n"],
    );
  });

  it("counts the rows of wide and long lines", () => {
    const set = lines();
    set(1, "0123456789", true);
    assert.equal(set(1, "01234567890", true), "<up 1>01234567890\n");
    assert.equal(set(1, "short", true), "<up 2>short\n");
    const texts = ["", "a", "日本語日本", "日本語日本語", "\ta", "a\tbcd", "\x1b[31mred\x1b[0m"];
    assert.deepEqual(texts.map((text) => rowsOf(text, 10)), [1, 1, 1, 2, 1, 2, 1]);
  });

  it("prints the end of a line that has left the screen, and none of its open states", () => {
    const set = lines();
    for (const [number, text] of [[1, "1%"], [2, "1%"]] as const) set(number, text, true);
    for (const number of [3, 4, 5]) set(number, "x");
    assert.deepEqual([set(1, "50%", true), set(1, "100%"), set(2, "1%")], ["", "100%\n", ""]);
  });

  it("never moves the cursor above the screen, nor above other text", () => {
    const all = new TerminalLines();
    all.set({ number: 1, text: "1%", isOpen: true }, SIZE);
    all.freeze();
    assert.equal(all.set({ number: 1, text: "2%", isOpen: true }, SIZE), "");
    assert.equal(all.set({ number: 1, text: "end", isOpen: false }, SIZE), "end\n");
    // The line grows beyond the screen.
    const long = "x".repeat(99);
    assert.equal(all.set({ number: 1, text: long, isOpen: true }, SIZE), `\x1b[1A\r\x1b[J${long}\n`);
    assert.equal(all.set({ number: 1, text: "y", isOpen: false }, SIZE), "y\n");
  });
});
