import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LogQueue } from "../../dist/page/log-queue.js";
import { sampleLine } from "./samples.js";

const gap = { lastEventId: "", reason: "evicted", missed: 10 };

/** What waits in the queue: `1:text:classes`, or `gap`. */
function drain(queue: LogQueue): string[] {
  const rows: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    if (item.type === "gap") rows.push("gap");
    else rows.push([item.number, ...item.spans.map(({ text, classes }) => `${text}:${classes}`)].join(":"));
  }
  return rows;
}

describe("LogQueue", () => {
  it("gives the lines back in order, numbered from 1", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine("a"));
    queue.pushLine(sampleLine(""));
    assert.equal(queue.size, 2);
    assert.deepEqual(drain(queue), ["1:a:", "2"]);
    queue.pushLine(sampleLine("c"));
    assert.deepEqual(drain(queue), ["3:c:"]);
    assert.equal(queue.size, 0);
    assert.equal(queue.lastNumber, 3);
  });

  it("counts on behind a gap", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine("a"));
    queue.pushGap(gap);
    queue.pushLine(sampleLine("b"));
    queue.pushGap({ ...gap, missed: null });
    queue.pushLine(sampleLine("c"));
    assert.deepEqual(drain(queue), ["1:a:", "gap", "12:b:", "gap", "13:c:"]);
  });

  it("gives up the oldest rows beyond its limit, and says how many", () => {
    for (let taken = 0; taken <= 5; taken++) {
      const queue = new LogQueue(5);
      for (let number = 1; number <= 5; number++) queue.pushLine(sampleLine(String(number)));
      for (let index = 0; index < taken; index++) queue.shift();
      for (let number = 6; number <= 23; number++) queue.pushLine(sampleLine(String(number)));
      assert.equal(queue.size, 5);
      assert.equal(queue.takeSkipped(), 18 - taken);
      assert.equal(queue.takeSkipped(), 0);
      assert.deepEqual(drain(queue), ["19:19:", "20:20:", "21:21:", "22:22:", "23:23:"]);
    }
  });

  it("carries a colour on over lines that were given up", () => {
    const queue = new LogQueue(2);
    queue.pushLine(sampleLine("\u001b[31mred"));
    for (let number = 2; number <= 9; number++) queue.pushLine(sampleLine(String(number)));
    assert.deepEqual(drain(queue), ["8:8:fg-1", "9:9:fg-1"]);
  });

  it("keeps the colours of the streams apart, and ends them with their step", () => {
    const queue = new LogQueue(10);
    queue.pushLine(sampleLine("\u001b[31ma"));
    queue.pushLine(sampleLine("b", { stream: "stderr" }));
    queue.pushLine(sampleLine("c"));
    queue.pushLine(sampleLine("d", { step: "build" }));
    assert.deepEqual(drain(queue), ["1:a:fg-1", "2:b:", "3:c:fg-1", "4:d:"]);
  });

  it("tells the time since the first line, and only when it changes", () => {
    const queue = new LogQueue(10);
    for (const seconds of ["00.000", "00.900", "01.000", "01.999", "07.000"]) {
      queue.pushLine(sampleLine("x", { time: `2026-01-01T10:00:${seconds}Z` }));
    }
    const times: string[] = [];
    for (let item = queue.shift(); item?.type === "line"; item = queue.shift()) times.push(item.time);
    assert.deepEqual(times, ["0:00", "", "0:01", "", "0:07"]);
  });
});
