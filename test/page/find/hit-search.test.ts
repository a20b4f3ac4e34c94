import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { HitSearch } from "../../../dist/page/find/hit-search.js";
import { settle } from "../session-fixture.js";
import type { LineQuery, SearchReport } from "../../../dist/page/model.js";

const QUERY: LineQuery = { text: "x", isRegex: false, isCaseSensitive: false };

/** A reply of the server whose reports arrive one by one. */
class Reply {
  readonly from: number;
  readonly signal: AbortSignal;
  #next: Promise<SearchReport>;
  #resolve: (report: SearchReport) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;

  constructor(from: number, signal: AbortSignal) {
    this.from = from;
    this.signal = signal;
    this.#next = this.#prepare();
  }

  async send(report: Partial<SearchReport>): Promise<void> {
    this.#resolve({ scanned: 0, of: 0, count: 0, lines: [], removed: [], ...report });
    await settle();
  }

  async fail(): Promise<void> {
    this.#reject(new Error("away"));
    await settle();
  }

  async *reports(): AsyncGenerator<SearchReport> {
    for (;;) {
      const report = await this.#next;
      this.#next = this.#prepare();
      yield report;
      if (report.end !== undefined) return;
    }
  }

  #prepare(): Promise<SearchReport> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }
}

describe("HitSearch", () => {
  let replies: Reply[];
  let search: HitSearch;
  const reply = (): Reply => {
    const last = replies.at(-1);
    assert.ok(last !== undefined, "there is a request");
    return last;
  };
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    replies = [];
    search = new HitSearch({
      request: (_query, from, signal) => {
        replies.push(new Reply(from, signal));
        return reply().reports();
      },
      changed: () => undefined,
    });
  });
  afterEach(() => mock.timers.reset());

  it("collects the hits of all reports, and tells its progress", async () => {
    search.start(QUERY);
    await reply().send({ scanned: 10, of: 40, count: 2, lines: [3, 7] });
    assert.deepEqual([search.phase, search.count, search.scanned, search.of], ["running", 2, 10, 40]);
    await reply().send({ scanned: 40, of: 40, count: 2, lines: [30], removed: [3], end: "complete" });
    assert.deepEqual([search.phase, search.count], ["complete", 2]);
    assert.deepEqual(search.hits.numbers, [7, 30]);
  });

  it("aborts the search before", async () => {
    search.start(QUERY);
    const first = reply();
    search.start({ ...QUERY, text: "y" });
    assert.equal(first.signal.aborted, true);
    await first.send({ count: 1, lines: [1], end: "complete" });
    assert.deepEqual([search.phase, search.count, replies.length], ["running", 0, 2]);
    search.start(undefined);
    assert.deepEqual([search.phase, reply().signal.aborted], ["idle", true]);
  });

  it("fails with the reason of the request, and without a last report", async () => {
    search.start(QUERY);
    await reply().fail();
    assert.equal(search.phase, "failed");
    assert.equal(String(search.error), "Error: away");
  });

  it("searches new lines after a pause, and again those that a program may have redrawn", async () => {
    search.start(QUERY);
    await reply().send({ scanned: 500, of: 500, count: 3, lines: [100, 400, 500], end: "complete" });
    search.grow(500);
    mock.timers.tick(10_000);
    assert.equal(replies.length, 1, "no line is new");
    search.grow(520);
    search.grow(521);
    mock.timers.tick(999);
    assert.equal(replies.length, 1);
    mock.timers.tick(1);
    assert.deepEqual(replies.map(({ from }) => from), [1, 373]);
    await reply().send({ scanned: 450, of: 521, count: 1, lines: [400] });
    assert.deepEqual(search.hits.numbers, [100, 400, 500], "the hits stay until the search is over");
    await reply().send({ scanned: 521, of: 521, count: 2, lines: [521], end: "complete" });
    assert.deepEqual(search.hits.numbers, [100, 400, 521]);
    assert.equal(search.count, 3);
  });

  it("counts new hits when it cannot list them", async () => {
    search.start(QUERY);
    await reply().send({ scanned: 500, of: 500, count: 300, lines: [1, 2], end: "too-many" });
    search.grow(600);
    mock.timers.tick(1000);
    assert.equal(reply().from, 501);
    await reply().send({ scanned: 600, of: 600, count: 4, lines: [501, 502, 503, 504], end: "complete" });
    assert.deepEqual([search.phase, search.count], ["too-many", 304]);
    assert.deepEqual(search.hits.numbers, [1, 2]);
  });

  it("tries again when the search of new lines fails", async () => {
    search.start(QUERY);
    await reply().send({ scanned: 5, of: 5, end: "complete" });
    search.grow(6);
    mock.timers.tick(1000);
    await reply().fail();
    assert.equal(search.phase, "complete");
    search.grow(6);
    mock.timers.tick(1000);
    await reply().send({ scanned: 6, of: 6, count: 1, lines: [6], end: "complete" });
    assert.equal(search.count, 1);
  });

  it("does not search new lines after it was stopped", async () => {
    search.start(QUERY);
    await reply().send({ scanned: 5, of: 9, end: "too-slow" });
    search.grow(20);
    search.finish();
    mock.timers.tick(10_000);
    assert.deepEqual([search.phase, replies.length], ["too-slow", 1]);
  });

  it("searches the end again when the log is complete", async () => {
    search.finish();
    assert.equal(replies.length, 0, "there is no query");
    search.start(QUERY);
    search.finish();
    assert.equal(replies.length, 2, "a search that runs starts again");
    await reply().send({ scanned: 5, of: 5, end: "complete" });
    search.finish();
    await reply().send({ scanned: 5, of: 5, count: 1, lines: [5], end: "complete" });
    assert.deepEqual([replies.length, search.count], [3, 1]);
  });
});
