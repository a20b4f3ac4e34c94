import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readJsonLines } from "../../../dist/page/server/json-lines.js";

function bodyOf(...pieces: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
}

async function collect(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values) all.push(value);
  return all;
}

describe("readJsonLines", () => {
  it("reads values whose bytes arrive in any pieces", async () => {
    const bytes = new TextEncoder().encode('{"a":"é"}\n{"b":2}\n\n3');
    for (let at = 0; at <= bytes.length; at++) {
      const values = await collect(readJsonLines(bodyOf(bytes.subarray(0, at), bytes.subarray(at))));
      assert.deepEqual(values, [{ a: "é" }, { b: 2 }, 3]);
    }
    assert.deepEqual(await collect(readJsonLines(null)), []);
  });

  it("cancels the reply when the reader leaves", async () => {
    let isCancelled = false;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode("1\n2\n")),
      cancel: () => {
        isCancelled = true;
      },
    });
    for await (const value of readJsonLines(body)) if (value === 1) break;
    assert.equal(isCancelled, true);
  });
});
