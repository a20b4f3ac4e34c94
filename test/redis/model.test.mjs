/** A short round of the model; `npm run model` runs more of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runRound } from "./model/round.mjs";

describe("logs in Redis under random faults", () => {
  it("give each client every event in order, with the same id everywhere, or a gap", async (t) => {
    // `node:test` releases the first one first, but the clients leave before the servers end.
    const releases = [];
    t.after(async () => {
      for (const release of releases.reverse()) await release();
    });
    const seed = Number(process.env.MODEL_SEED ?? 7);
    const result = await runRound({ after: (release) => releases.push(release) }, { seed, faults: 15 });
    t.diagnostic(JSON.stringify(result));
    assert.deepEqual(result.problems, []);
    assert.ok(result.counts.acknowledged > 100);
    assert.ok(result.counts.events > result.counts.acknowledged);
  });
});
