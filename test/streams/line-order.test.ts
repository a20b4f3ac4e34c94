import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineOrder } from "../../dist/streams/line-order.js";
import type { TextLine } from "../../dist/streams/log-text.js";

function line(number: number | undefined, text: string, isOpen = false): TextLine {
  return { number, text, isOpen };
}

describe("LineOrder", () => {
  it("writes each line once, in order, with its last state", () => {
    const order = new LineOrder();
    assert.equal(order.push([line(1, "a"), line(2, "b", true), line(3, "c")]), "");
    assert.deepEqual([order.isHolding, order.hasOpen], [true, true]);
    assert.equal(order.push([line(2, "b b", true), line(4, "d", true)]), "");
    assert.equal(order.push([line(2, "b b b"), line(1, "A")]), "");
    assert.equal(order.push([line(4, "d d")]), "");
    assert.ok(!order.hasOpen);
    assert.equal(order.end(), "A\nb b b\nc\nd d\n");
    assert.deepEqual([order.isHolding, order.next, order.end()], [false, 5, ""]);
  });

  it("writes open lines at the end", () => {
    const order = new LineOrder();
    order.push([line(1, "Password:", true), line(2, "killed")]);
    assert.equal(order.end(), "Password:\nkilled\n");
  });

  it("holds 128 lines back, and writes a later state only if it differs", () => {
    for (const isOpen of [true, false]) {
      for (const end of ["first", "first, done"]) {
        const order = new LineOrder();
        let text = order.push([line(1, "first", isOpen)]);
        for (let number = 2; number <= 128; number++) text += order.push([line(number, String(number))]);
        assert.equal(text, "");
        assert.equal(order.push([line(129, "129")]), "first\n");
        assert.equal(order.push([line(1, end, true)]), "");
        text = order.push([line(1, end)]);
        const rest = Array.from({ length: 128 }, (_, index) => `${index + 2}\n`).join("");
        assert.equal(text + order.end(), isOpen && end === "first" ? rest : `${rest}${end}\n`);
      }
    }
  });

  it("bounds the waiting text, however long the lines are", () => {
    const order = new LineOrder();
    let written = 0;
    for (let number = 1; number <= 100; number++) written += order.push([line(number, "x".repeat(65_536))]).length;
    assert.ok(written > 80 * 65_536, `${written} characters`);
    assert.equal(order.push([line(101, "y", true), line(101, "y".repeat(2 ** 21), true)]).includes("y"), true);
  });

  it("writes lines that have waited for a time, up to one that is open", () => {
    const order = new LineOrder();
    order.push([line(1, "a")], 100);
    order.push([line(2, "b"), line(3, "c", true), line(4, "d")], 200);
    assert.equal(order.waitingSince, 100);
    assert.equal(order.releaseBefore(99), "");
    assert.equal(order.releaseBefore(100), "a\n");
    assert.equal(order.waitingSince, 200);
    assert.equal(order.releaseBefore(300), "b\n");
    assert.equal(order.waitingSince, undefined);
    order.push([line(3, "c c")], 400);
    assert.equal(order.releaseBefore(300), "c c\nd\n");
  });

  it("counts an unreadable event as the next line, and reports where lines are missing", () => {
    const order = new LineOrder();
    order.push([line(undefined, "x"), line(4, "d", true), line(4, "d d")]);
    assert.equal(order.end(), "x\n[tailcast: 2 lines are no longer kept]\nd d\n");
  });
});
