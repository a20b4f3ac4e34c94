import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { SEARCH_LIMITS, searchInThread } from "../../../dist/streams/search/search-thread.js";
import { makeFolder } from "../../support/folders.js";
import { LOG_ID, logOf } from "../../support/logs.js";
import type { TestContext } from "node:test";
import type { Worker } from "node:worker_threads";
import type { LogSource } from "../../../dist/streams/search/log-pieces.js";
import type { SearchReport } from "../../../dist/streams/search/search-report.js";
import type { SearchLimits } from "../../../dist/streams/search/search-thread.js";
import type { LineState } from "../../support/logs.js";

interface Options {
  readonly regex?: true;
  readonly case?: true;
  readonly from?: number;
  readonly signal?: AbortSignal;
  readonly limits?: SearchLimits;
  readonly onReport?: (report: SearchReport) => void;
}

/** The numbers that reports leave, and the last report. */
interface Found {
  readonly numbers: number[];
  readonly last: SearchReport;
}

async function search(log: LogSource, text: string, options: Options = {}): Promise<Found> {
  const numbers = new Set<number>();
  let last: SearchReport | undefined;
  const onReport = (report: SearchReport): void => {
    assert.equal(last?.end, undefined, "nothing follows the last report");
    last = report;
    for (const number of report.removed) assert.ok(numbers.delete(number));
    for (const number of report.lines) numbers.add(number);
    options.onReport?.(report);
  };
  const query = { text, isRegex: options.regex === true, isCaseSensitive: options.case === true };
  const { from = 1, signal = new AbortController().signal, limits } = options;
  await searchInThread({ log, query, from }, onReport, signal, limits);
  return { numbers: [...numbers].sort((a, b) => a - b), last: last ?? assert.fail("no report") };
}

async function fileOf(t: TestContext, log: string | Buffer, size?: number): Promise<LogSource & { path: string }> {
  const path = join(await makeFolder(t), "events");
  await writeFile(path, log);
  return { path, epoch: LOG_ID, size: size ?? Buffer.byteLength(log) };
}

const inMemory = (states: Iterable<LineState>): LogSource => ({ bytes: new Uint8Array(Buffer.from(logOf(states))) });

/** The resources of searches that keep this process alive. */
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Timeout/.test(name)).sort();
}

/** The paths of the files that this process has open. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      // The list includes the descriptor that read it.
      return "";
    }
  });
}

/** Lines on which the expression `(a+)+$` needs a moment each. */
const slowLines = (count: number): string[] => Array<string>(count).fill(`${"a".repeat(17)}b`);
const EXPLODING = "(a+)+$";

describe("searchInThread()", () => {
  it("finds the lines of a file and of memory", async (t) => {
    const states = ["An error", "no", "\x1b[31mERR\x1b[0mOR", "", "the error again"];
    for (const log of [await fileOf(t, logOf(states)), inMemory(states)]) {
      const { numbers, last } = await search(log, "error");
      assert.deepEqual(numbers, [1, 3, 5]);
      const expected = { scanned: 5, of: 5, count: 3, lines: [1, 3, 5], removed: [], end: "complete" };
      assert.deepEqual(last, expected);
    }
    const query = { case: true, from: 2 } as const;
    assert.deepEqual((await search(inMemory(states), "error", query)).numbers, [5]);
    assert.deepEqual((await search(inMemory(states), "err(?=or)", { regex: true })).numbers, [1, 3, 5]);
  });

  it("counts a redrawn line once, in its last state, however much later", async (t) => {
    const states: LineState[] = [];
    for (let number = 1; number <= 3000; number++) {
      states.push({ number, text: number % 100 === 0 ? `old ${"x".repeat(300)}` : "y".repeat(300) });
      if (number % 200 === 150) states.push({ number: number - 50, text: "new" });
    }
    states.push({ number: 7, text: "old" }, { number: 8, text: "old", open: true }, { number: 8, text: "new" });
    const log = await fileOf(t, logOf(states));
    assert.ok("size" in log && log.size > 3 * 256 * 1024);
    const { numbers, last } = await search(log, "old");
    assert.deepEqual(numbers, [7, ...Array.from({ length: 15 }, (_, index) => (index + 1) * 200)]);
    assert.deepEqual([last.count, last.scanned, last.of], [16, 3000, 3000]);
  });

  it("reads a file from the event on that the search need not look before", async (t) => {
    const textOf = (index: number): string => `${index % 1000 === 999 ? "old" : "y"} ${"x".repeat(300)}`;
    const lines = Array.from({ length: 6000 }, (_, index) => textOf(index));
    const states = lines.map((text, index) => ({ number: index + 1, text })).filter(({ number }) => number !== 5999);
    const long = "z".repeat(600_000);
    // Only a search that reads the start of the file finds this state of line 5999.
    const log = await fileOf(t, logOf([{ number: 5999, text: "old" }, ...states, { number: 6001, text: long }]));
    const from = 4500;
    assert.deepEqual((await search(log, "old", { from })).numbers, [5000, 5999, 6000]);
    for (const start of [4502, 6001]) {
      const { numbers, last } = await search({ ...log, start }, "old", { from });
      assert.deepEqual(numbers, start === 4502 ? [5000, 6000] : [6000]);
      assert.deepEqual([last.scanned, last.of], [6001, 6001]);
    }
    assert.deepEqual((await search({ ...log, start: 9000 }, "z", { from })).numbers, [6001]);
    assert.deepEqual((await search({ ...log, start: 1 }, "old", { from })).numbers, [5000, 5999, 6000]);
  });

  it("reads whole events up to the size, also events that are larger than a piece", async (t) => {
    const log = logOf(["a", `${"x".repeat(300_000)} a`, `a ${"ö".repeat(200_000)}`, "a"]);
    assert.deepEqual((await search(await fileOf(t, log), "a")).numbers, [1, 2, 3, 4]);
    assert.deepEqual((await search(await fileOf(t, log, Buffer.byteLength(log) - 1), "a")).numbers, [1, 2, 3]);
    const { numbers, last } = await search(await fileOf(t, "", 0), "a");
    assert.deepEqual([numbers, last.of, last.end], [[], 0, "complete"]);
  });

  it("finds empty matches, characters outside of the basic plane and nothing for NUL", async () => {
    const states = ["", "😀", "a\0b", "x"];
    for (const [text, expected] of [
      ["z*", [1, 2, 3, 4]],
      ["^$", [1]],
      ["^.$", [2, 4]],
      ["(?<!b)$", [1, 2, 4]],
      ["\\ud83d", []],
      ["\0", []],
      ["ab", [3]],
      ["(?<=a)b", [3]],
    ] as const) {
      assert.deepEqual((await search(inMemory(states), text, { regex: true })).numbers, expected, text);
    }
  });

  it("counts all hits, and reports no more than 100 000", async () => {
    const { numbers, last } = await search(inMemory(Array<string>(100_005).fill("a")), "a");
    assert.deepEqual([numbers.length, last.count, last.end], [100_000, 100_005, "too-many"]);
  });

  it("fails with the message of the engine for an invalid pattern, without a report", async () => {
    const onReport = (): never => assert.fail();
    await assert.rejects(search(inMemory(["a"]), "(a", { regex: true, onReport }), {
      code: "INVALID_PATTERN",
      message: "Cannot search: Invalid regular expression: /(a/i: Unterminated group",
    });
  });

  it("stops a pattern that explodes, and keeps what it has found", async () => {
    const start = performance.now();
    const lines = [...Array<string>(300).fill("aa"), `${"a".repeat(10_000)}b`, "aa"];
    const { last } = await search(inMemory(lines), EXPLODING, { regex: true });
    assert.deepEqual([last.end, last.lines, last.count < 302], ["too-slow", [], true]);
    assert.ok(performance.now() - start > SEARCH_LIMITS.silence);
  });

  it("stops a search that takes too long, though it makes progress", async () => {
    const limits = { silence: 20_000, time: 500 };
    const { last } = await search(inMemory(slowLines(100_000)), EXPLODING, { regex: true, limits });
    assert.equal(last.end, "too-slow");
    assert.ok(last.scanned < 100_000, String(last.scanned));
  });

  it("reports its progress", async () => {
    const reports: SearchReport[] = [];
    await search(inMemory(slowLines(500)), EXPLODING, { regex: true, onReport: (report) => reports.push(report) });
    assert.ok(reports.length > 2, String(reports.length));
    const numbers = reports.map(({ scanned }) => scanned);
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
    assert.deepEqual(new Set(reports.map(({ of }) => of)), new Set([500]));
    assert.deepEqual([reports.at(-1)?.end, reports.at(-2)?.end], ["complete", undefined]);
  });

  it("ends at each moment when it is aborted, and leaves neither a thread nor a file open", async (t) => {
    const log = await fileOf(t, logOf(slowLines(100_000)));
    const resourcesBefore = resources();
    const reason = new Error("left");
    await assert.rejects(search(log, "a", { signal: AbortSignal.abort(reason) }), reason);
    for (const delay of [0, 5, 20, 60]) {
      const stop = new AbortController();
      const ended = search(log, EXPLODING, { regex: true, signal: stop.signal });
      setTimeout(() => stop.abort(reason), delay);
      await assert.rejects(ended, reason);
    }
    const stop = new AbortController();
    const onReport = (): void => {
      if (process.platform === "linux") assert.ok(openFiles().includes(log.path));
      stop.abort(reason);
    };
    await assert.rejects(search(log, EXPLODING, { regex: true, signal: stop.signal, onReport }), reason);
    assert.deepEqual(resources(), resourcesBefore);
    if (process.platform === "linux") assert.equal(openFiles().includes(log.path), false);
  });

  it("keeps no timer when it is aborted before its thread has started", async () => {
    const stop = new AbortController();
    process.once("worker", (thread: Worker) => {
      const terminate = thread.terminate.bind(thread);
      // The thread starts before it can be terminated.
      thread.terminate = async () => (await once(thread, "message"), terminate());
      stop.abort(new Error("left"));
    });
    const before = resources();
    await assert.rejects(search(inMemory(["a"]), "a", { signal: stop.signal }), /left/);
    assert.deepEqual(resources(), before);
  });

  it("reads a log to its end that is deleted meanwhile, and fails when it is cut short", async (t) => {
    // The file has several pieces.
    const lines = slowLines(600).map((line) => `${line}${"x".repeat(1500)}`);
    const deleted = await fileOf(t, logOf(lines));
    const onReport = (report: SearchReport): void => {
      if (report.end === undefined) void rm(deleted.path, { force: true });
    };
    const { last } = await search(deleted, EXPLODING, { regex: true, onReport });
    assert.deepEqual([last.scanned, last.end], [600, "complete"]);
    const cut = await fileOf(t, logOf(lines));
    const cutShort = (): void => void truncate(cut.path, 1000).catch(() => undefined);
    await assert.rejects(search(cut, EXPLODING, { regex: true, onReport: cutShort }), /it was cut short/);
  });

  it("opens nothing but the log of the build", async (t) => {
    const log = await fileOf(t, logOf(["a"]));
    const folder = await makeFolder(t);
    const link = join(folder, "link");
    await symlink(log.path, link);
    await assert.rejects(search({ ...log, path: link } as LogSource, "a"), { code: "ELOOP" });
    await assert.rejects(search({ ...log, path: join(folder, "none") } as LogSource, "a"), { code: "ENOENT" });
    await assert.rejects(search({ ...log, path: folder } as LogSource, "a"), /it is not a file/);
    await assert.rejects(search({ ...log, epoch: "f".repeat(16) } as LogSource, "a"), /it is not the log "f+"/);
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    await assert.rejects(search({ ...log, path: pipe } as LogSource, "a"), /it is not a file/);
    const endless = await fileOf(t, logOf(["a"]) + "x".repeat(40 * 1024 * 1024));
    await assert.rejects(search(endless, "a"), /an event in it is too long/);
  });
});
