import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { PatternRows } from "../../../dist/page/find/pattern-rows.js";
import { settle } from "../session-fixture.js";
import type { PatternReply, PatternRequest, PatternThread } from "../../../dist/page/find/pattern-rows.js";

const QUERY = { text: "x", isRegex: true, isCaseSensitive: false };

class Thread implements PatternThread {
  readonly requests: (readonly string[])[] = [];
  hasEnded = false;
  reply: (data: PatternReply) => void = () => undefined;

  postMessage({ texts }: PatternRequest): void {
    this.requests.push(texts);
  }

  terminate(): void {
    this.hasEnded = true;
  }

  addEventListener(_type: "message", listener: (event: { readonly data: PatternReply }) => void): void {
    this.reply = (data) => listener({ data });
  }
}

describe("PatternRows", () => {
  let thread: Thread;
  let rows: PatternRows;
  let changes: number;
  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout"] });
    thread = new Thread();
    changes = 0;
    rows = new PatternRows(QUERY, thread, () => changes++);
  });
  afterEach(() => mock.timers.reset());

  it("asks for all lines of a turn at once, when the thread has started, and once for each line", async () => {
    const matcher = rows.createMatcher();
    assert.deepEqual([matcher("ax"), matcher("b"), matcher("ax")], [[], [], []]);
    await settle();
    assert.deepEqual(thread.requests, []);
    thread.reply("ready");
    assert.deepEqual(thread.requests, [["ax", "b"]]);
    thread.reply([[{ start: 1, end: 2 }], []]);
    assert.equal(changes, 1);
    assert.deepEqual([rows.createMatcher()("ax"), matcher("b")], [[{ start: 1, end: 2 }], []]);
    await settle();
    assert.equal(thread.requests.length, 1);
  });

  it("asks for later lines after the reply", async () => {
    const matcher = rows.createMatcher();
    thread.reply("ready");
    matcher("one");
    await settle();
    matcher("two");
    await settle();
    assert.deepEqual(thread.requests, [["one"]]);
    thread.reply([[]]);
    assert.deepEqual(thread.requests, [["one"], ["two"]]);
  });

  it("ends a thread that needs too long, and highlights nothing more", async () => {
    const matcher = rows.createMatcher();
    thread.reply("ready");
    matcher("one");
    await settle();
    mock.timers.tick(499);
    assert.equal(thread.hasEnded, false);
    mock.timers.tick(1);
    assert.equal(thread.hasEnded, true);
    assert.deepEqual(matcher("two"), []);
    thread.reply([[{ start: 0, end: 1 }]]);
    await settle();
    assert.deepEqual([thread.requests.length, changes], [1, 0]);
  });

  it("does not test long lines", async () => {
    thread.reply("ready");
    rows.createMatcher()("x".repeat(2001));
    await settle();
    assert.deepEqual(thread.requests, []);
  });
});
