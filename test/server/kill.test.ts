import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, it } from "node:test";
import { createRandom } from "../support/random.js";
import { surviveKills } from "../support/kills.js";

describe("A server that is killed", () => {
  // `npm run stress` does more of this.
  it("keeps every event that a client has seen, and resumes where it stopped", async (t) => {
    const seed = Number(process.env["STRESS_SEED"] ?? randomInt(2 ** 31));
    t.diagnostic(`STRESS_SEED=${seed}`);
    const outcomes = await surviveKills(t, createRandom(seed), 6);
    assert.ok((outcomes.get("lost") ?? 0) > 0);
  });
});
