import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LogQueue } from "../../../dist/page/log/log-queue.js";
import { sampleLine } from "../../support/sample-builds.js";
import type { LogItem } from "../../../dist/page/log/log-queue.js";

function takeAll(queue: LogQueue): LogItem[] {
  const items: LogItem[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) items.push(item);
  return items;
}

/** Empties the queue: `1:text:classes` for a line, or `gap 2+3` for three missing lines from line 2. */
function drain(queue: LogQueue): string[] {
  return takeAll(queue).map((item) => {
    if (item.type === "gap") return `gap ${item.from}+${item.count}`;
    const number = `${item.type === "update" ? "again " : ""}${item.line.number}`;
    return [number, ...item.spans.map(({ text, classes }) => `${text}:${classes}`)].join(":");
  });
}

describe("LogQueue", () => {
  it("returns the lines in order, with their numbers in the build's log", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine(1, "a"));
    queue.pushLine(sampleLine(2, ""));
    assert.equal(queue.size, 2);
    assert.deepEqual(drain(queue), ["1:a:", "2"]);
    queue.pushLine(sampleLine(3, "c"));
    assert.deepEqual(drain(queue), ["3:c:"]);
    assert.equal(queue.size, 0);
    assert.equal(queue.lastNumber, 3);
    assert.equal(queue.lostThrough, 0);
  });

  it("learns from the next line how many lines are missing, and that all before it are lost", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine(1, "a"));
    queue.pushGap();
    assert.equal(queue.size, 1);
    queue.pushLine(sampleLine(12, "b"));
    assert.equal(queue.lostThrough, 11);
    queue.pushLine(sampleLine(13, "c"));
    assert.deepEqual(drain(queue), ["1:a:", "gap 2+10", "12:b:", "13:c:"]);
    assert.equal(queue.lastNumber, 13);
    assert.equal(queue.lostThrough, 11);
  });

  it("marks lines that are missing before the first", () => {
    const queue = new LogQueue(10);
    queue.pushGap();
    queue.pushLine(sampleLine(501, "a"));
    assert.deepEqual(drain(queue), ["gap 1+500", "501:a:"]);
  });

  it("marks nothing if a gap contains no line", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine(1, "a"));
    queue.pushGap();
    queue.pushLine(sampleLine(2, "b"));
    queue.end();
    assert.deepEqual(drain(queue), ["1:a:", "2:b:"]);
    // The server drops the oldest lines first: if any later line is gone, so is the first.
    assert.equal(queue.lostThrough, 1);
  });

  it("marks a gap that no line follows without a count", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine(1, "a"));
    queue.pushGap();
    queue.end();
    queue.end();
    assert.deepEqual(drain(queue), ["1:a:", "gap 2+undefined"]);
    assert.equal(queue.lostThrough, Infinity);
  });

  it("ends without a mark if no line is missing", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine(1, "a"));
    queue.end();
    assert.deepEqual(drain(queue), ["1:a:"]);
    assert.equal(queue.lostThrough, 0);
  });

  it("drops the oldest rows beyond its limit, and reports it once", () => {
    for (let taken = 0; taken <= 5; taken++) {
      const queue = new LogQueue(5);
      for (let number = 1; number <= 5; number++) queue.pushLine(sampleLine(number, String(number)));
      for (let index = 0; index < taken; index++) queue.shift();
      assert.equal(queue.takeOverflow(), false);
      for (let number = 6; number <= 23; number++) queue.pushLine(sampleLine(number, String(number)));
      assert.equal(queue.size, 5);
      assert.equal(queue.takeOverflow(), true);
      assert.equal(queue.takeOverflow(), false);
      assert.deepEqual(drain(queue), ["19:19:", "20:20:", "21:21:", "22:22:", "23:23:"]);
      assert.equal(queue.lostThrough, 0);
    }
  });

  it("replaces a line that waits, and returns another state of one that was taken", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine(1, "a"));
    queue.pushLine(sampleLine(2, "b", { open: true }));
    queue.pushLine(sampleLine(3, "c"));
    queue.shift();
    queue.pushLine(sampleLine(2, "b b", { open: true }));
    assert.equal(queue.size, 2);
    assert.deepEqual(drain(queue), ["2:b b:", "3:c:"]);
    queue.pushLine(sampleLine(2, "b b b", { open: true }));
    queue.pushLine(sampleLine(2, "\u001b[31mdone"));
    queue.pushLine(sampleLine(1, "A"));
    assert.deepEqual(drain(queue), ["again 2:done:fg-1", "again 1:A:"]);
    assert.equal(queue.lastNumber, 3);
  });

  it("begins each line in the plain style, as the server sends it", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine(1, "\u001b[31ma"));
    queue.pushLine(sampleLine(2, "b"));
    assert.deepEqual(drain(queue), ["1:a:fg-1", "2:b:"]);
  });

  it("shows controls that would reorder a line", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine(1, "a\u202eb"));
    assert.deepEqual(drain(queue), ["1:a::U+202E:code-point:b:"]);
  });

  it("shows the time since the first line, and only when it changes", () => {
    const queue = new LogQueue(10);
    for (const [index, seconds] of ["00.000", "00.900", "01.000", "01.999", "07.000"].entries()) {
      queue.pushLine(sampleLine(index + 1, "x", { time: `2026-01-01T10:00:${seconds}Z` }));
    }
    const times = takeAll(queue).map((item) => (item.type === "line" ? item.time : "gap"));
    assert.deepEqual(times, ["0:00", "", "0:01", "", "0:07"]);
  });
});
