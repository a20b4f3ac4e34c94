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
    for (const [numbers, count] of [
      [[1, 2, 3, 1], 3],
      [[], 0],
    ] as const) {
      const { record, lineCount, index } = await readStoredLog(historyOf(numbers));
      assert.deepEqual([record, lineCount, index.end], [undefined, count, numbers.length + 1]);
    }
  });
});
