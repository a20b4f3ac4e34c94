import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeTiming } from "../../../dist/doctor/judge/timing.js";
import { STARTED_AT, record } from "../recordings.ts";
import type { Exchange } from "../../../dist/doctor/request/exchange.js";

const event = (data: string | number): string => `data: ${data}\n\n`;

/** Times from the first to the last, at a distance. */
function every(distance: number, count: number, start = 10): number[] {
  return Array.from({ length: count }, (_, index) => start + index * distance);
}

/** The findings, each as its id and evidence. */
function judge(exchange: Exchange): Record<string, string> {
  return Object.fromEntries(judgeTiming(exchange).map(({ id, evidence }) => [id, evidence]));
}

describe("judgeTiming", () => {
  it("finds nothing in a stream of single events at regular or irregular times", () => {
    const regular = every(200, 40).map((at): [number, string] => [at, event(at)]);
    const irregular = regular.map(([at, text], index): [number, string] => [at + ((index * 37) % 150), text]);
    for (const pieces of [regular, irregular]) {
      const ids = Object.keys(judge(record([[2, ":\n"], ...pieces], 8100)));
      assert.deepEqual(ids, ["first-byte", "arrival", "heartbeat-unknown"]);
    }
  });

  it("finds events that arrive in bursts at regular times", () => {
    const pieces = every(500, 8).map((at): [number, string] => [at + (at % 3) * 8, event(1) + event(2) + event(3)]);
    assert.equal(judge(record(pieces, 4000))["bursts"], "about 3 events every 0.5 s, 7 times");
  });

  it("accepts bursts at irregular times, fast bursts, and a backlog", () => {
    const irregular = [10, 300, 900, 1100, 2500, 2800].map((at): [number, string] => [at, event(1) + event(2)]);
    const fast = every(50, 40).map((at): [number, string] => [at, event(1) + event(2)]);
    const backlog = [[5, event(1).repeat(50)], ...every(500, 4, 500).map((at) => [at, event(2)])] as [number, string][];
    for (const pieces of [irregular, fast, backlog]) assert.ok("arrival" in judge(record(pieces, 4000)));
  });

  it("finds events that were held back by the times in their data, at any times", () => {
    const stamps = [300, 550, 800].map((time) => new Date(STARTED_AT + time).toISOString());
    const text = stamps.map((stamp) => event(`{"at":"${stamp}"}`)).join("");
    const pieces = [10, 900, 2000, 2400].map((at): [number, string] => [at, text]);
    const found = judge(record(pieces, 4000));
    assert.equal(found["held-back"], "events whose times differ by 0.5 s arrived together");
    assert.ok(!("bursts" in found));
  });

  it("judges the first events by those that are newer than the request", () => {
    const text = (times: readonly number[]): string => times.map((time) => event(STARTED_AT + time)).join("");
    const second: [number, string] = [3000, text([2100, 2500, 2900])];
    const late = judge({ ...record([[2000, text([-900, 500, 1500])], second], 4000), headAt: 2000 });
    assert.equal(late["held-back"], "events whose times differ by 1 s arrived together");
    assert.ok(!("held-back" in judge(record([[10, text([-900, -500, 5])], second], 4000))));
  });

  it("reads times of milliseconds, and no other numbers", () => {
    const pieces = (text: (index: number) => string): [number, string][] =>
      [10, 900, 2000, 2400].map((at) => [at, event(text(0)) + event(text(1))]);
    const held = (text: (index: number) => string): boolean => "held-back" in judge(record(pieces(text), 4000));
    assert.ok(held((index) => String(STARTED_AT + 300 * index)));
    assert.ok(!held((index) => String(1_000_000_000_000 + 300 * index)));
    assert.ok(!held((index) => `${STARTED_AT + 300 * index}7`));
    assert.ok(!held((index) => new Date(STARTED_AT + 100 * index).toISOString()));
  });

  for (const size of [4096, 8192, 16_384]) {
    it(`finds blocks of ${size / 1024} KiB that are cut inside events`, () => {
      const text = event("x".repeat(700)).repeat(200);
      const block = (index: number): string => text.slice(index * size, (index + 1) * size);
      const pieces = every(400, 4).map((at, index): [number, string] => [at, block(index)]);
      assert.equal(judge(record(pieces, 2000))["blocks"], `4 blocks of ${size / 1024} KiB`);
    });
  }

  it("does not take large writes for blocks if they end with an event or have other sizes", () => {
    const fitting = event("x".repeat(4096 - 8));
    const others = ["x".repeat(5000), "x".repeat(4095), "x".repeat(9000)];
    assert.ok("arrival" in judge(record(every(400, 4).map((at): [number, string] => [at, fitting]), 2000)));
    const pieces = others.map((text, index): [number, string] => [10 + 400 * index, text]);
    assert.ok(!("blocks" in judge(record(pieces, 2000))));
  });

  it("finds events in pieces, but not a comment or a retry line before an event", () => {
    const pieces = every(300, 5).flatMap((at): [number, string][] => [[at, "id: 7\n"], [at + 1, "data: a\n\n"]]);
    assert.equal(judge(record(pieces, 2000))["event-in-pieces"], "5 of 5 events");
    for (const texts of [[":\n", "retry: 9\r\n", event(1)], [`data: ${"x".repeat(9000)}`, "\n\n"]]) {
      const others = every(300, 5).flatMap((at) => texts.map((text, index): [number, string] => [at + index, text]));
      assert.ok(!("event-in-pieces" in judge(record(others, 2000))));
    }
  });

  it("judges a late head, a silent start, and a stream without events", () => {
    assert.equal(judge({ ...record([[1300, event(1)]], 4000), headAt: 1250 })["head-late"], "after 1.3 s");
    assert.equal(judge(record([[2501, event(1)]], 4000))["silent-start"], "the first byte within 2.5 s");
    assert.equal(judge(record([], 4001))["silent-start"], "no byte within 4 s");
    assert.deepEqual(Object.keys(judge(record([[2, ":\n"]], 4000))), ["first-byte", "no-event", "heartbeat-unknown"]);
  });

  it("judges heartbeats only after a long silence, or when it has seen some", () => {
    const beats = (distance: number): Exchange =>
      record(every(distance, 5).map((at): [number, string] => [at, ":\n"]), distance * 5);
    assert.equal(judge(beats(15_000))["heartbeat"], "5 comments in 1 min 15 s");
    assert.equal(judge(beats(30_000))["no-heartbeat"], "no byte for 30 s");
    assert.equal(judge(record([[5, event(1)]], 21_000))["no-heartbeat"], "no byte for 21 s");
    assert.equal(judge(record([[5, event(1)]], 8000))["heartbeat-unknown"], "watched for 8 s");
    const busy = every(1000, 30).map((at): [number, string] => [at, event(at)]);
    assert.equal(judge(record(busy, 30_000))["no-silence"], "never longer than 1 s");
  });

  it("finds heartbeats that are events", () => {
    const pieces = every(3000, 3).map((at): [number, string] => [at, "data: \n\n"]);
    assert.equal(judge(record(pieces, 9000))["heartbeat-event"], "3 events without text");
  });

  it("names the likely origin of a cut after a silence", () => {
    const cut = (silence: number): string | undefined =>
      judge(record([[1000, event(1)]], 1000 + silence, "clean"))["idle-cut"];
    assert.match(cut(60_010) ?? "", /^after 1 min without a byte; 60 s is the default of nginx/);
    assert.match(cut(55_020) ?? "", /Heroku/);
    assert.equal(cut(5010), "after 5 s without a byte");
    assert.equal(cut(42_000), "after 42 s without a byte");
    assert.equal(cut(2000), undefined);
    assert.equal(judge(record([[1000, event(1)]], 2000, "cut"))["cut"], "after 2 s");
  });
});
