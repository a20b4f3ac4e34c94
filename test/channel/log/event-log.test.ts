import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { EventLog } from "../../../dist/channel/log/event-log.js";

function logOf(count: number, capacity = 1000, capacityBytes = 1_000_000): EventLog {
  const log = new EventLog({ epoch: "e", capacity: capacity, capacityBytes: capacityBytes });
  for (let index = 1; index <= count; index++) {
    log.append({ data: `line ${index}` });
    log.seal();
    log.reveal();
    log.evict();
  }
  return log;
}

describe("EventLog", () => {
  it("drops its events when it skips to events of the store", () => {
    const store = { epoch: "e", start: 1, end: 1 };
    const log = new EventLog({ epoch: "e", capacity: 10, capacityBytes: 1000, store });
    log.append({ data: "a" });
    log.seal();
    log.reveal();
    // It still has what the history has forgotten.
    store.start = 9;
    assert.deepEqual([log.oldest, log.start, log.end], [1, 1, 2]);
    store.start = 2;
    log.skip(3);
    assert.deepEqual([log.oldest, log.start, log.end, log.published, log.bytes], [2, 5, 5, 4, 0]);
    assert.equal(log.append({ data: "b" }), "e-5");
    log.seal();
    log.reveal();
    assert.deepEqual([log.start, log.end, log.segmentAt(5).first], [5, 6, 5]);
  });

  it("counts ids without holes, whatever the segments", () => {
    const log = new EventLog({ epoch: "e", capacity: 10, capacityBytes: 1000 });
    assert.deepEqual([log.append({ data: "a" }), log.append({ data: "b" })], ["e-1", "e-2"]);
    assert.equal(log.seal(), true);
    assert.equal(log.seal(), false, "nothing waits");
    assert.deepEqual([log.end, log.isAllVisible], [1, false], "no client sees it yet");
    log.reveal();
    assert.equal(log.append({ data: "c" }), "e-3");
    log.seal();
    log.reveal();
    assert.deepEqual([log.start, log.end, log.published], [1, 4, 3]);
    assert.equal(log.segmentAt(1).bytes.plain.payload.toString(), "id: e-1\ndata: a\n\nid: e-2\ndata: b\n\n");
    assert.equal(log.segmentAt(2).bytesFrom(2).plain.payload.toString(), "id: e-2\ndata: b\n\n");
    assert.equal(log.segmentAt(3).bytes.plain.payload.toString(), "id: e-3\ndata: c\n\n");
  });

  it("frames a segment as one HTTP/1.1 chunk", () => {
    const log = new EventLog({ epoch: "e", capacity: 10, capacityBytes: 1000 });
    log.append({ data: "é" });
    log.seal();
    log.reveal();
    assert.equal(log.segmentAt(1).bytes.plain.chunked?.toString(), "12\r\nid: e-1\ndata: é\n\n\r\n");
  });

  it("keeps the newest events, also in the middle of a segment", () => {
    const log = new EventLog({ epoch: "e", capacity: 3, capacityBytes: 1_000_000 });
    for (const data of ["a", "b", "c", "d", "e"]) log.append({ data });
    log.seal();
    log.reveal();
    log.evict();
    assert.deepEqual([log.start, log.end], [3, 6]);
    assert.match(log.segmentAt(3).bytesFrom(3).plain.payload.toString(), /^id: e-3\n/);
    assert.equal(log.bytes, "id: e-3\ndata: c\n\n".length * 3);
  });

  it("keeps no more bytes than allowed", () => {
    const size = "id: e-1\ndata: line 1\n\n".length;
    const log = logOf(9, 1000, size * 4 + 1);
    assert.deepEqual([log.start, log.end, log.bytes], [6, 10, size * 4]);
  });

  it("refuses an event larger than its limit, and stays unchanged", () => {
    const log = logOf(2, 10, 100);
    assert.throws(() => log.append({ data: "x".repeat(100) }), { code: "EVENT_TOO_LARGE" });
    assert.deepEqual([log.published, log.append({ data: "next" })], [2, "e-3"]);
  });

  it("refuses events from which no client could resume, or that would be invisible", () => {
    const log = logOf(1);
    assert.throws(() => log.append({ data: "x", id: "" }), { code: "INVALID_EVENT" });
    assert.throws(() => log.append({ data: "x", id: "e-7" }), { code: "INVALID_EVENT" });
    assert.throws(() => log.append({ event: "x" } as never), { code: "INVALID_EVENT" });
    assert.throws(() => log.append({ data: 5 } as never), { code: "INVALID_EVENT" });
    assert.throws(() => log.append({ data: "x", event: "a\nb" }), { code: "INVALID_EVENT" });
    assert.equal(log.published, 1);
  });

  it("finds the segment of every event, also after many evictions", () => {
    const log = new EventLog({ epoch: "e", capacity: 5000, capacityBytes: 10_000_000 });
    for (let index = 1; index <= 20_000; index++) {
      log.append({ data: String(index) });
      if (index % 3 !== 0) continue;
      log.seal();
      log.reveal();
      log.evict();
    }
    log.seal();
    log.reveal();
    log.evict();
    assert.deepEqual([log.start, log.end], [15_001, 20_001]);
    for (let sequence = log.start; sequence < log.end; sequence++) {
      const segment = log.segmentAt(sequence);
      assert.ok(segment.first <= sequence && sequence < segment.next);
      assert.match(segment.bytesFrom(sequence).plain.payload.toString("latin1"), new RegExp(`^id: e-${sequence}\n`));
    }
  });
});

describe("EventLog.locate()", () => {
  it("resumes after any event that is kept, and after the one before the oldest", () => {
    const log = logOf(10, 4);
    assert.deepEqual([log.start, log.end], [7, 11]);
    for (let sequence = 6; sequence <= 10; sequence++) {
      assert.deepEqual(log.locate(`e-${sequence}`), { kind: "exact", next: sequence + 1 });
    }
    assert.deepEqual(new EventLog({ epoch: "e", capacity: 1, capacityBytes: 100 }).locate("e-0"), {
      kind: "exact",
      next: 1,
    });
  });

  it("counts the events that are gone", () => {
    const log = logOf(10, 4);
    assert.deepEqual(log.locate("e-5"), { kind: "gap", reason: "evicted", missed: 1 });
    assert.deepEqual(log.locate("e-0"), { kind: "gap", reason: "evicted", missed: 6 });
  });

  it("knows ids that are not its own", () => {
    const log = logOf(10);
    assert.deepEqual(log.locate("f-3"), { kind: "gap", reason: "epoch", missed: null });
    for (const id of ["e-11", "e-03", "e-", "-1", "e", "7", "e-1.5", "e-9007199254740993", "\u0000"]) {
      assert.deepEqual(log.locate(id), { kind: "gap", reason: "unknown", missed: null }, id);
    }
  });

  it("finds ids of the application, the later of equal ones, until they are evicted", () => {
    const log = new EventLog({ epoch: "e", capacity: 3, capacityBytes: 10_000 });
    for (const id of ["a", "b", undefined, "a"]) {
      log.append({ data: "x", id });
      log.seal();
      log.reveal();
      log.evict();
    }
    assert.deepEqual(log.locate("a"), { kind: "exact", next: 5 });
    assert.deepEqual(log.locate("b"), { kind: "exact", next: 3 });
    assert.deepEqual(log.locate("e-3"), { kind: "exact", next: 4 });
    assert.deepEqual(log.locate("order-1"), { kind: "gap", reason: "unknown", missed: null }, "no epoch of a log");
    log.append({ data: "x" });
    log.append({ data: "x" });
    log.seal();
    log.reveal();
    log.evict();
    assert.deepEqual(log.locate("b"), { kind: "gap", reason: "unknown", missed: null });
    assert.deepEqual(log.locate("a"), { kind: "exact", next: 5 });
  });
});
