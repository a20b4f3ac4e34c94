import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { check } from "../../dist/doctor/check.js";
import { FINDING_KINDS } from "../../dist/doctor/findings/kinds.js";
import { RECORDED_IDS } from "./recordings.ts";
import { ZooServer } from "./zoo-server.ts";
import { ZOO } from "./zoo.ts";

describe("check finds the mistake of a server, and nothing else", { concurrency: 40 }, () => {
  for (const { name, traits, ids, origin } of ZOO) {
    it(`that ${name}`, async () => {
      const server = new ZooServer(traits);
      try {
        const { findings } = await check(await server.listen(), { watch: 1900, origin });
        const faults = findings.filter(({ level }) => level !== "ok");
        const shown = faults.map(({ id, evidence }) => `${id}: ${evidence}`).join("\n");
        assert.deepEqual(faults.map(({ id }) => id).sort(), [...ids].sort(), shown);
      } finally {
        await server.close();
      }
    });
  }

  it("for each kind of finding", () => {
    const tried = new Set([...ZOO.flatMap(({ ids }) => ids), ...RECORDED_IDS]);
    const kinds = Object.entries(FINDING_KINDS).filter(([, { level }]) => level !== "ok");
    assert.deepEqual([...tried].sort(), kinds.map(([id]) => id).sort());
  });
});
