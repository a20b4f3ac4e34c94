import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Screen } from "../../dist/terminal/screen.js";
import { linesOf } from "./lines.js";

function screen(limit = 1000): Screen {
  return new Screen(limit);
}

describe("Screen", () => {
  it("returns rows when a line end leaves them, and those that change later", () => {
    const rows = screen();
    rows.write("one\ntwo\nthr");
    assert.deepEqual(rows.takeClosed(), ["one", "two"]);
    assert.deepEqual(rows.takeChanges(), [{ row: 2, text: "thr", isOpen: true }]);
    rows.write("ee\x1b[2AONE");
    assert.deepEqual(rows.takeClosed(), []);
    assert.deepEqual(rows.takeChanges(), [
      { row: 0, text: "one  ONE", isOpen: true },
      { row: 2, text: "three", isOpen: true },
    ]);
    assert.deepEqual(rows.takeChanges(), []);
    rows.end();
    assert.deepEqual(rows.takeClosed(), ["three"]);
    assert.deepEqual(rows.takeChanges(), [{ row: 0, text: "one  ONE", isOpen: false }]);
  });

  it("does not return a row that was redrawn as it was", () => {
    const rows = screen();
    rows.write("one\ntwo\n");
    rows.takeClosed();
    rows.write("\x1b[2Aone\ntwo\n");
    assert.deepEqual(rows.takeChanges(), []);
    rows.end();
    assert.deepEqual(rows.takeChanges(), []);
  });

  it("keeps hyperlinks, however they are cut, in each colour, and up to the end of the line", () => {
    const [start, end] = ["\x1b]8;id=7;https://a.b/?c#d\x1b\\", "\x1b]8;;\x07"];
    const printed = `\x1b[1m${start}one \x1b[31mtwo\x1b[0m three${end} four\b${start}R\nlast\rL`;
    const first = `\x1b[1m${start}one \x1b[0m\x1b[1;31mtwo\x1b[0m three${end} fou${start}R${end}`;
    for (let cut = 1; cut < printed.length; cut++) {
      const rows = screen();
      rows.write(printed.slice(0, cut));
      rows.write(printed.slice(cut));
      assert.deepEqual(rows.takeClosed(), [first], `cut at ${cut}`);
      assert.deepEqual(rows.takeChanges().map(({ text }) => text), ["Last"]);
    }
    const rows = screen();
    // The row above was not drawn until the cursor returned to it.
    rows.writeLines([`see ${start}the docs${end}`], 0);
    rows.write("\x1b[ASEE");
    assert.deepEqual(rows.takeChanges().map(({ text }) => text), [`SEE ${start}the docs${end}`]);
  });

  it("drops hyperlinks to other addresses, with control characters, and of any length", () => {
    for (const address of ["javascript:alert(1)", "https://a\x02b/", `https://a.b/${"c".repeat(5000)}`, "https:// a"]) {
      const printed = `\x1b]8;;${address}\x07x\x1b]8;;\x07y\rz\n`;
      for (const cut of [3, 40, 4000]) {
        const rows = screen();
        rows.write(printed.slice(0, cut));
        rows.write(printed.slice(cut));
        assert.deepEqual(rows.takeClosed(), ["zy"], address.slice(0, 40));
      }
    }
  });

  it("ends a hyperlink where a row is cut", () => {
    const rows = screen(40);
    rows.write(`\x1b]8;;https://a.b/\x07${"x".repeat(100)}\r\n`);
    const [text = ""] = rows.takeClosed();
    assert.match(text, /x\x1b\]8;;\x07 … \[line cut at 40 characters\]$/);
  });

  it("moves the cursor to other rows with columns up to 255 beyond their ends", () => {
    for (const step of ["\v", "\f", "\n\x1b[A\x1b[B", "\x1b7\n\x1b8\n"]) {
      const rows = screen();
      rows.write(`${"x".repeat(900)}\x1b7${`x${step}`.repeat(300)}`);
      const lengths = rows.takeClosed().map((text) => text.length);
      assert.ok(lengths.length >= 300);
      const longest = Math.max(...lengths.slice(1));
      assert.ok(longest <= 256, `${longest} columns after ${JSON.stringify(step)}`);
    }
  });

  it("settles a row that is out of reach", () => {
    const rows = screen();
    rows.write("one\n\x1b[AONE\n");
    rows.takeClosed();
    assert.deepEqual(rows.takeChanges(), [{ row: 0, text: "ONE", isOpen: true }]);
    rows.write("\n".repeat(63));
    assert.deepEqual(rows.takeChanges(), [{ row: 0, text: "ONE", isOpen: false }]);
    rows.write("\x1b[999Ax");
    assert.deepEqual(rows.takeChanges(), [{ row: 1, text: "x", isOpen: true }]);
  });

  it("keeps the cursor in the rows that were printed, and near the end of its row", () => {
    assert.deepEqual(linesOf("a\nb\x1b[9BC\x1b[9AD\n"), ["a D", "bC"]);
    assert.equal(linesOf("\x1b[999999999Cx\n")[0]?.length, 256);
    assert.equal(linesOf(`${"x".repeat(300)}\r\x1b[299Cy\n`)[0]?.length, 300);
  });

  it("saves and restores the cursor with its style", () => {
    assert.deepEqual(linesOf("\x1b[31mab\x1b7\x1b[0m\ncd\x1b8e\n\n"), ["\x1b[31mabe\x1b[0m", "cd"]);
    assert.deepEqual(linesOf("ab\x1b[scd\x1b[ue\n"), ["abed"]);
  });

  it("is right wherever an output is cut, and whenever somebody looks at it", () => {
    const printed =
      "plain\n\x1b[32mgreen\x1b[39m\t日本\r\n10%\r20%\x1b]0;title\x1b\\\x1b[K\n" +
      "\x1b[2A\x1b[1mB\x1b[0m\ne\u0301\b!\x1b7\n\fx\x1b8y";
    const whole = linesOf(printed);
    assert.ok(whole.length > 4);
    for (let cut = 0; cut <= printed.length; cut++) {
      for (const looks of [false, true]) {
        const pieces = [printed.slice(0, cut), printed.slice(cut)];
        assert.deepEqual(linesOf(pieces, looks), whole, `cut at ${cut}`);
      }
    }
  });

  it("needs linear time and bounded memory, whatever is printed", () => {
    const moves = ["\x1b[A\x1b[999Cx", "x\r", "\b", "\x1b[Ax\n", "\x1b[1000Cx\x1b[2K", "\x1b[H", "\x1b[J"];
    for (const piece of [...moves, "\x1b]0;", "\u0301"]) {
      const pieces = Array.from({ length: 20 }, () => piece.repeat(10_000));
      const start = performance.now();
      const lines = linesOf([`${"x".repeat(16_000)}\n`, ...pieces]);
      assert.ok(performance.now() - start < 20_000, JSON.stringify(piece));
      for (const line of lines.slice(0, 100)) assert.ok(line.length < 20_000, JSON.stringify(piece));
    }
  });
});
