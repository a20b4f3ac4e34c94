import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readStoredLog } from "../../dist/streams/stored-log.js";
import type { ChannelHistory } from "../../dist/channel/history/history.js";

function historyOf(numbers: readonly number[]): ChannelHistory {
  const events = numbers.map((number) => `event: line\ndata: {"number":${number},"text":"a"}\n\n`).join("");
  const piece = { bytes: Buffer.from(events), next: numbers.length + 1 };
  const reader = { next: () => Promise.resolve(piece), close: () => undefined };
  return { epoch: "a", start: 1, end: numbers.length + 1, read: () => reader };
}

describe("readStoredLog()", () => {
  it("counts the lines by their highest number: the last event can replace an older line", async () => {
    assert.deepEqual(await readStoredLog(historyOf([1, 2, 3, 1])), { record: undefined, lineCount: 3 });
    assert.deepEqual(await readStoredLog(historyOf([])), { record: undefined, lineCount: 0 });
  });
});
