import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BuildLines } from "../../../dist/streams/lines/build-lines.js";
import { ID, closeLog, lineOf, logPath, writeLog } from "./logs.js";
import type { LogLine } from "../../../dist/streams/line-data.js";
import type { States } from "./logs.js";

/** A log like those of programs that redraw: each number first appears in order, and may appear again at any time. */
function* redrawn(count: number, seed: number): Generator<LogLine> {
  let state = seed;
  const random = (most: number): number => (state = (state * 1103515245 + 12345) & 0x7fffffff) % most;
  const open = new Set<number>();
  for (let number = 1; number <= count; number++) {
    const length = random(50) === 0 ? 8000 : random(100);
    const isOpen = random(20) === 0;
    if (isOpen) open.add(number);
    yield lineOf(number, "x".repeat(length), isOpen ? { open: true } : {});
    if (random(10) === 0) yield lineOf(Math.max(1, number - random(64)), `redrawn at ${number}`);
    if (random(400) === 0) {
      for (let times = random(2000); times > 0; times--) yield lineOf(number, `progress ${times}`);
    }
    for (const early of open) {
      if (random(2000) !== 0) continue;
      open.delete(early);
      yield lineOf(early, `ended at ${number}`);
    }
  }
  for (const early of open) yield lineOf(early, "ended last");
}

/** Reads all lines in pages. */
async function readAll(lines: BuildLines, count: number): Promise<{ found: LogLine[]; pages: number }> {
  const found: LogLine[] = [];
  for (let pages = 1; ; pages++) {
    const page = await lines.lines(found.length + 1, count);
    if (page.lines.length === 0) return { found, pages };
    found.push(...page.lines);
  }
}

function expected(states: States): LogLine[] {
  return [...states.values()].sort((a, b) => a.number - b.number);
}

describe("BuildLines", () => {
  it("returns every line in its last state, however often and late a program redraws it", async (t) => {
    for (const seed of [1, 2, 3]) {
      const { log, states } = await writeLog(redrawn(3000, seed), await logPath(t));
      const lines = new BuildLines(log.channel, ID, log.index);
      assert.deepEqual((await readAll(lines, 1000)).found, expected(states));
      for (let from = 1; from < 3000; from += 97) {
        const page = await lines.lines(from, 20);
        assert.deepEqual(page.lines, expected(states).slice(from - 1, from - 1 + page.lines.length), String(from));
        assert.ok(page.lines.length > 0);
      }
      await closeLog(log);
    }
  });

  it("returns at most 1 MiB of text, and at least one line", async (t) => {
    const long = Array.from({ length: 200 }, (_, index) => lineOf(index + 1, "\x01".repeat(16_384)));
    const { log } = await writeLog(long, await logPath(t));
    const lines = new BuildLines(log.channel, ID, log.index);
    assert.equal((await lines.lines(1, 1000)).lines.length, 64);
    assert.deepEqual((await readAll(lines, 1000)).found, long);
    await closeLog(log);
  });

  it("includes exactly what was published before the call, while lines are published", async (t) => {
    const { log } = await writeLog([lineOf(1, "one"), lineOf(2, "50 %", { open: true })], await logPath(t));
    const lines = new BuildLines(log.channel, ID, log.index);
    const replies = [lines.outline(), lines.lines(1, 10)];
    for (const line of [lineOf(2, "100 %"), lineOf(3, "three", { step: "test" })]) {
      void log.publish({ type: "line", buildId: ID, ...line });
    }
    assert.deepEqual(await replies[0], {
      lineCount: 2,
      lastEventId: `${ID}-2`,
      sections: [{ step: "build", first: 1 }],
      marks: [],
      marksOmitted: 0,
    });
    const both = [lineOf(1, "one"), lineOf(2, "50 %", { open: true })];
    assert.deepEqual(await replies[1], { from: 1, lines: both, lineCount: 2, lastEventId: `${ID}-2` });
    const { lineCount, sections } = await lines.outline();
    assert.deepEqual([lineCount, sections], [3, [{ step: "build", first: 1 }, { step: "test", first: 3 }]]);
    await closeLog(log);
  });

  it("returns the lines that a log in memory still has", async () => {
    const text = "x".repeat(1000);
    const { log } = await writeLog(Array.from({ length: 12_000 }, (_, index) => lineOf(index + 1, text)));
    await log.channel.flushed();
    const lines = new BuildLines(log.channel, ID, log.index);
    const { from, lines: found, lineCount } = await lines.lines(1, 1);
    assert.deepEqual([found.map(({ number }) => number), lineCount], [[from], 12_000]);
    assert.ok(from > 1000);
    // The line before it is gone.
    assert.equal((await lines.lines(from - 1, 5)).from, from);
    assert.deepEqual((await lines.lines(from, 1000)).lines.length, 1000);
    assert.equal((await lines.lines(11_999, 5)).lines.length, 2);
    assert.deepEqual(await lines.lines(12_001, 5), { from: 12_001, lines: [], lineCount, lastEventId: `${ID}-12000` });
    await closeLog(log);
  });
});
