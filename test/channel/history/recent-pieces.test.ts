import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RecentPieces } from "../../../dist/channel/history/recent-pieces.js";

describe("RecentPieces", () => {
  it("shares a piece between requests, and forgets all pieces two seconds after the last request", async () => {
    const pieces = new RecentPieces<number>();
    let reads = 0;
    const get = (position: number): Promise<number> => pieces.get(position, async () => ++reads);
    const wait = (time: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, time));
    assert.deepEqual([await get(1), await get(1), await get(2)], [1, 1, 2]);
    for (let count = 0; count < 3; count++) {
      await wait(700);
      assert.equal(await get(2), 2);
    }
    assert.equal(await get(1), 1);
    await wait(2200);
    assert.equal(await get(1), 3);
  });
});
