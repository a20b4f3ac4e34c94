import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SingleWriter } from "../../../dist/runner/store/single-writer.js";

/** A write that ends when the test says so. */
interface Write {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function scene(): { writer: SingleWriter; writes: Write[] } {
  const writes: Write[] = [];
  const writer = new SingleWriter(() => new Promise((resolve, reject) => writes.push({ resolve, reject })));
  return { writer, writes };
}

const turn = (): Promise<void> => new Promise(setImmediate);

describe("SingleWriter", () => {
  it("runs one write at a time, and one more for all callers during it", async () => {
    const { writer, writes } = scene();
    const first = writer.write();
    await turn();
    const later = [writer.write(), writer.write()];
    await turn();
    assert.equal(writes.length, 1);
    writes[0]?.resolve();
    await first;
    await turn();
    assert.equal(writes.length, 2);
    writes[1]?.resolve();
    await Promise.all(later);
    await writer.idle();
    assert.equal(writes.length, 2);
  });

  it("rejects only the callers of the write that fails", async () => {
    const { writer, writes } = scene();
    const first = writer.write();
    await turn();
    const second = writer.write();
    writes[0]?.reject(new Error("disk full"));
    await assert.rejects(first, /disk full/);
    await turn();
    writes[1]?.resolve();
    await second;
  });

  it("is idle when all writes have ended, even after a failure", async () => {
    const { writer, writes } = scene();
    let isIdle = false;
    const write = writer.write();
    const idle = writer.idle().then(() => (isIdle = true));
    await turn();
    assert.equal(isIdle, false);
    writes[0]?.reject(new Error("disk full"));
    await assert.rejects(write);
    await idle;
  });
});
