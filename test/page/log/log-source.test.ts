import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { LogSource } from "../../../dist/page/log/log-source.js";
import { sampleLine } from "../../support/sample-builds.js";
import { settle } from "../session-fixture.js";
import type { LinesReply } from "../../../dist/page/log/log-source.js";

/** A server with a log, and what a page asks it. */
class Server {
  readonly requests: string[] = [];
  readonly gaps: string[] = [];
  changes = 0;
  /** The first line that the server has, and the number of lines. */
  first = 1;
  lineCount = 10_000;
  /** The maximum number of lines in a reply. */
  limit = 1000;
  isAway = false;
  #missing: (readonly [number, number])[] = [];
  readonly source: LogSource = new LogSource({
    request: (from, count) => this.#reply(from, count),
    changed: () => this.changes++,
    isMissing: (number) => this.#missing.some(([first, last]) => number >= first && number <= last),
    missing: (first, last) => {
      this.gaps.push(`${first}-${last}`);
      this.#missing.push([first, last]);
    },
  });

  /** The requests since the last call. */
  news(): string[] {
    return this.requests.splice(0);
  }

  async #reply(from: number, count: number): Promise<LinesReply> {
    this.requests.push(`${from}+${count}`);
    await Promise.resolve();
    if (this.isAway) throw new Error("away");
    const end = Math.min(this.lineCount, from + count - 1, from + this.limit - 1);
    const start = Math.max(from, this.first);
    const lines = Array.from({ length: Math.max(0, end - start + 1) }, (_, index) =>
      sampleLine(start + index, `stored ${start + index}`),
    );
    return { lines, lineCount: this.lineCount };
  }
}

describe("LogSource", () => {
  let server: Server;
  let source: LogSource;
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    server = new Server();
    ({ source } = server);
    source.reset(10_000);
  });
  afterEach(() => mock.timers.reset());

  it("requests the pages that hold the wanted lines, once", async () => {
    source.want(9950, 10_000, false);
    assert.equal(source.get(10_000), undefined);
    await settle();
    source.want(9960, 10_000, false);
    await settle();
    assert.deepEqual(server.news(), ["9801+200"]);
    assert.equal(source.get(9950)?.text, "stored 9950");
    assert.equal(server.changes, 1);
  });

  it("requests lines before and after those that a person reads, the visible ones first", async () => {
    source.want(5000, 5040, true);
    await settle();
    assert.deepEqual(server.news(), ["4801+400", "4401+400", "5201+400"]);
    source.want(5020, 5060, true);
    await settle();
    assert.deepEqual(server.news(), []);
  });

  it("requests only the lines that matter after a jump", async () => {
    for (const line of [100, 2000, 4000, 6000, 8000]) source.want(line, line + 30, false);
    await settle();
    assert.deepEqual(server.news(), ["1+200", "1801+400", "7801+400"]);
    assert.equal(source.get(8000)?.text, "stored 8000");
    assert.equal(source.get(4000), undefined);
  });

  it("requests the rest of a reply that the server has cut short", async () => {
    server.limit = 50;
    source.want(10, 120, false);
    await settle();
    assert.deepEqual(server.news(), ["1+200", "51+150", "101+100"]);
    assert.equal(source.get(120)?.number, 120);
  });

  it("reports lines that the server no longer keeps, and does not request them again", async () => {
    server.first = 150;
    source.want(1, 40, false);
    await settle();
    assert.deepEqual(server.gaps, ["1-149"]);
    source.want(1, 160, false);
    await settle();
    assert.deepEqual(server.news(), ["1+200"]);
    assert.equal(source.get(150)?.text, "stored 150");
  });

  it("keeps live lines and requests none of them", async () => {
    source.want(9990, 10_000, false);
    await settle();
    server.news();
    for (let number = 10_001; number <= 10_500; number++) source.add(sampleLine(number, `live ${number}`));
    source.want(10_480, 10_500, false);
    await settle();
    assert.deepEqual(server.news(), []);
    assert.equal(source.get(10_250)?.text, "live 10250");
    assert.equal(source.lineCount, 10_500);
  });

  it("replaces a line that is drawn again, also while it is requested", async () => {
    source.want(10, 20, false);
    source.add(sampleLine(15, "newer"));
    source.add(sampleLine(900, "elsewhere"));
    await settle();
    assert.equal(source.get(15)?.text, "newer");
    source.add(sampleLine(16, "again"));
    assert.equal(source.get(16)?.text, "again");
    assert.equal(source.get(900), undefined, "its reply will have the newest state");
  });

  it("tries again after a failure, more and more slowly, and says so meanwhile", async () => {
    server.isAway = true;
    source.want(1, 10, false);
    await settle();
    assert.equal(source.hasFailed, true);
    source.want(1, 10, false);
    await settle();
    assert.deepEqual(server.news(), ["1+200"]);
    mock.timers.tick(1000);
    await settle();
    assert.deepEqual(server.news(), ["1+200"]);
    mock.timers.tick(1000);
    assert.deepEqual(server.news(), []);
    server.isAway = false;
    mock.timers.tick(1000);
    await settle();
    assert.deepEqual(server.news(), ["1+200"]);
    assert.equal(source.hasFailed, false);
    assert.equal(source.get(1)?.text, "stored 1");
  });

  it("tries again when the server has not stored a line yet", async () => {
    source.reset(10_300);
    source.want(10_250, 10_300, false);
    await settle();
    assert.deepEqual(server.gaps, []);
    server.lineCount = 10_300;
    mock.timers.tick(1000);
    await settle();
    assert.equal(source.get(10_300)?.text, "stored 10300");
  });

  it("keeps a bounded number of lines, and those near the eye in any case", async () => {
    source.want(1, 40, false);
    await settle();
    for (let number = 10_001; number <= 100_000; number++) source.add(sampleLine(number, "live"));
    assert.equal(source.get(1)?.text, "stored 1");
    assert.equal(source.get(10_001), undefined);
    assert.equal(source.get(100_000)?.text, "live");
    const long = "x".repeat(1024 * 1024);
    for (let number = 100_001; number <= 110_000; number += 200) source.add(sampleLine(number, long));
    assert.equal(source.get(100_000), undefined);
    assert.equal(source.get(1)?.text, "stored 1");
  });

  it("ignores replies for another log", async () => {
    source.want(1, 10, false);
    source.reset(5);
    await settle();
    assert.equal(source.get(1), undefined);
    assert.equal(server.changes, 0);
  });

  it("reads lines for copying, from what is here and from the server", async () => {
    source.want(1, 100, false);
    await settle();
    server.news();
    const lines = await source.read(150, 1300);
    assert.deepEqual(lines.map(({ number }) => number), Array.from({ length: 1151 }, (_, index) => 150 + index));
    assert.deepEqual(server.news(), ["201+1000", "1201+100"]);
    assert.equal(source.get(1300), undefined);
  });
});
