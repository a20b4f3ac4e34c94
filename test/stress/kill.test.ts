import assert from "node:assert/strict";
import { describe } from "node:test";
import { surviveKills } from "../support/kills.js";
import { scenario } from "./support/scenario.js";

describe("A server that is killed", () => {
  scenario("at 30 random moments has lost nothing that a client saw", async (round) => {
    const outcomes = await surviveKills(round, (limit) => round.between(0, limit - 1), 30);
    round.report(JSON.stringify(Object.fromEntries(outcomes)));
    assert.ok((outcomes.get("lost") ?? 0) > 0);
  });
});
