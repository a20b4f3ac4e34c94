import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LogSearches } from "../../../dist/streams/search/log-search.js";
import { logOf } from "../../support/logs.js";
import type { LogSource } from "../../../dist/streams/search/log-pieces.js";

/** A search whose log can be opened when `open` is called. */
class Search {
  isStarted = false;
  readonly #leave = new AbortController();
  #open: () => void = () => undefined;
  readonly ended: Promise<string>;

  constructor(searches: LogSearches, address: string) {
    const log: LogSource = { bytes: new Uint8Array(Buffer.from(logOf(["a"]))) };
    const opened = new Promise<LogSource>((resolve) => (this.#open = () => resolve(log)));
    let end = "";
    const search = {
      address,
      query: { text: "a", isRegex: false, isCaseSensitive: false },
      from: 1,
      openLog: () => ((this.isStarted = true), opened),
      onReport: (report: { end?: string }) => void (end = report.end ?? ""),
      signal: this.#leave.signal,
    };
    this.ended = searches.search(search).then(
      () => end,
      (error: { code?: string }) => error.code ?? String(error),
    );
  }

  open(): this {
    this.#open();
    return this;
  }

  leave(): this {
    this.#leave.abort(new Error("left"));
    return this;
  }
}

const started = (all: readonly Search[]): number[] => all.flatMap(({ isStarted }, index) => (isStarted ? [index] : []));

describe("LogSearches", () => {
  it("runs two at a time, those of clients without a running search first", async () => {
    const searches = new LogSearches();
    const all = ["a", "a", "a", "b", "c"].map((address) => new Search(searches, address));
    await new Promise(setImmediate);
    assert.deepEqual(started(all), [0, 1]);
    assert.equal(await all[0]?.open().ended, "complete");
    assert.deepEqual(started(all), [0, 1, 3]);
    assert.equal(await all[3]?.open().ended, "complete");
    assert.deepEqual(started(all), [0, 1, 3, 4]);
    for (const search of all) assert.equal(await search.open().ended, "complete");
    assert.equal(searches.running, 0);
  });

  it("refuses more than 8 searches of one address, and more than 18 of all", async () => {
    const searches = new LogSearches();
    const all = Array.from({ length: 9 }, () => new Search(searches, "a"));
    assert.equal(await all[8]?.ended, "TOO_MANY_REQUESTS");
    all.push(...Array.from({ length: 11 }, (_, index) => new Search(searches, `b${index % 2}`)));
    assert.equal(await all[19]?.ended, "TOO_MANY_CLIENTS");
    assert.equal(await all[2]?.leave().ended, "Error: left");
    const next = new Search(searches, "a").open();
    await Promise.all(all.map((search) => search.open().ended));
    assert.equal(await next.ended, "complete");
  });

  it("removes a waiting search whose client leaves, and one that left before", async () => {
    const searches = new LogSearches();
    const [first, second, third, fourth] = ["a", "b", "c", "d"].map((address) => new Search(searches, address));
    assert.equal(await third?.leave().ended, "Error: left");
    first?.leave().open();
    assert.equal(await first?.ended, "Error: left");
    assert.equal(third?.isStarted, false);
    assert.equal(await fourth?.open().ended, "complete");
    assert.equal(await second?.open().ended, "complete");
  });

  it("refuses a search that has waited for 30 s", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const searches = new LogSearches();
    const [first, second, third] = ["a", "b", "c"].map((address) => new Search(searches, address));
    t.mock.timers.tick(29_999);
    await new Promise(setImmediate);
    t.mock.timers.tick(1);
    assert.equal(await third?.ended, "TOO_MANY_CLIENTS");
    t.mock.timers.reset();
    assert.deepEqual(await Promise.all([first?.open().ended, second?.open().ended]), ["complete", "complete"]);
  });

  it("ends every search when it closes, and accepts no other", async () => {
    const searches = new LogSearches();
    const all = Array.from({ length: 4 }, () => new Search(searches, "a"));
    const closed = searches.close();
    for (const search of all) assert.equal(await search.open().ended, "SHUTTING_DOWN");
    await closed;
    assert.equal(await new Search(searches, "a").ended, "SHUTTING_DOWN");
    assert.equal(searches.running, 0);
  });
});
