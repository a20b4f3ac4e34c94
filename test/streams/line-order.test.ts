import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LineOrder } from "../../dist/streams/line-order.js";
import type { TextLine } from "../../dist/streams/log-text.js";

function line(number: number | undefined, text: string, isOpen = false): TextLine {
  return { number, text, isOpen };
}

describe("LineOrder", () => {
  it("writes a line that is open once, when it has its end, and those after it behind it", () => {
    const order = new LineOrder();
    assert.equal(order.push([line(1, "a"), line(2, "b", true), line(3, "c")]), "a\n");
    assert.ok(order.isHolding);
    assert.equal(order.push([line(2, "b b", true), line(4, "d", true)]), "");
    assert.equal(order.push([line(2, "b b b")]), "b b b\nc\n");
    assert.equal(order.push([line(4, "d d")]), "d d\n");
    assert.ok(!order.isHolding);
    assert.equal(order.next, 5);
  });

  it("writes what waits at the end", () => {
    const order = new LineOrder();
    assert.equal(order.push([line(1, "Password:", true), line(2, "killed")]), "");
    assert.equal(order.end(), "Password:\nkilled\n");
    assert.equal(order.end(), "");
  });

  it("lets 64 lines wait, and writes the end of the first only if it is another", () => {
    for (const end of ["open", "open, done"]) {
      const order = new LineOrder();
      let text = order.push([line(1, "open", true)]);
      for (let number = 2; number <= 64; number++) text += order.push([line(number, String(number))]);
      assert.equal(text, "");
      text = order.push([line(65, "65")]);
      assert.equal(text, `open\n${Array.from({ length: 64 }, (_, index) => `${index + 2}\n`).join("")}`);
      assert.equal(order.push([line(1, end, true)]), "");
      assert.equal(order.push([line(1, end)]), end === "open" ? "" : `${end}\n`);
    }
  });

  it("writes the last state of a line that was redrawn, and no other", () => {
    const order = new LineOrder();
    assert.equal(order.push([line(1, "1 %"), line(1, "50 %", true), line(2, "b")]), "1 %\nb\n");
    assert.equal(order.push([line(1, "99 %", true), line(1, "100 %")]), "100 %\n");
    assert.equal(order.next, 3);
  });

  it("counts an event that cannot be read as the next line, and says where lines are missing", () => {
    const order = new LineOrder();
    const gap = "[tailcast: 2 lines are no longer kept]\n";
    assert.equal(order.push([line(undefined, "x"), line(4, "d", true)]), "x\n");
    assert.equal(order.push([line(4, "d d")]), `${gap}d d\n`);
  });
});
