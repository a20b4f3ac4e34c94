import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeWire } from "../../../dist/doctor/judge/wire.js";
import { record } from "../recordings.ts";
import type { BodyEnd } from "../../../dist/doctor/request/exchange.js";

/** The findings about a text, each as its id and evidence. */
function judge(text: string, end: BodyEnd = "open"): string[] {
  return judgeWire(record([[1, text]], 2, end)).map(({ id, evidence }) => `${id}: ${evidence}`);
}

describe("judgeWire", () => {
  it("shows the first line with a mistake, and counts the others", () => {
    assert.deepEqual(judge("data: a\n\nData: b\nDATA: c\nData: d\n"), ["field-case: line 3: Data: b\\n, and 2 more"]);
    assert.deepEqual(judge(`size: ${"x".repeat(100)}\n:\n`), [`unknown-field: line 1: size: ${"x".repeat(53)}…`]);
  });

  it("judges the unfinished event only at the end, and not after a cut", () => {
    assert.deepEqual(judge("data: a\n", "open"), ["wire: 1 line, 0 events"]);
    assert.deepEqual(judge("data: a\n", "cut"), ["wire: 2 lines, 0 events"]);
    assert.deepEqual(judge("data: a\n", "clean"), ["unfinished-event: line 1: data: a\\n"]);
  });

  it("names an unframed body once, but not a single wrong name", () => {
    assert.deepEqual(judge('{"a":1}\n{"a":2}\n'), ['not-framed: line 1: {"a":1}\\n']);
    assert.deepEqual(judge("Data: a\n"), ["field-case: line 1: Data: a\\n"]);
    assert.deepEqual(judge(""), []);
  });

  it("ends at an event above 16 MiB", () => {
    const large = record([[1, ":\n"], [2, `data: ${"x".repeat(17 * 1024 * 1024)}`]], 3);
    assert.deepEqual(judgeWire(large).map(({ id, evidence }) => [id, evidence]), [["event-too-large", "after 1 line"]]);
  });
});
