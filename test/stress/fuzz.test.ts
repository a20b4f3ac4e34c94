import { describe } from "node:test";
import { overTcp, play } from "./fuzz/fuzz-client.js";
import { scriptOf } from "./fuzz/grammar.js";
import { fuzzWhileBuilding } from "./fuzz/scene.js";
import { FloodedServer } from "./support/flooded-server.js";
import { scenario } from "./support/scenario.js";

describe("The program under fuzzed HTTP", () => {
  scenario("answers in HTTP and never 500, loses no line of two builds, and keeps nothing", async (round) => {
    const server = await FloodedServer.start(round, {}, ["--log-level", "error"]);
    const open = overTcp(server.port);
    await fuzzWhileBuilding(round, server, round.isFull ? 100_000 : 3000, async (number, places) => {
      const script = scriptOf(round.seed, number, places);
      try {
        return await play(script, open);
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${JSON.stringify(script)}`, { cause: error });
      }
    });
  });
});
