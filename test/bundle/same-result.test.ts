import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { joinModules } from "../../dist/bundle/join-modules.js";
import { keepNames } from "../../dist/bundle/long-names.js";
import { bundle, evaluate } from "./evaluate.js";
import { ProgramWriter } from "./generate.js";
import { PROGRAMS } from "./programs.js";

const GENERATED = 200;

describe(joinModules.name, () => {
  const bundles = bundle(Object.values(PROGRAMS));
  const readable = bundle(Object.values(PROGRAMS), keepNames);
  for (const [index, [name, program]] of Object.entries(PROGRAMS).entries()) {
    it(`keeps the results of a program with ${name}`, async () => {
      const expected = await evaluate(program);
      assert.ok(expected.length > 0 && Array.isArray(expected.at(-1)), `fails: ${String(expected.at(-1))}`);
      assert.deepEqual(await evaluate(bundles[index] ?? ""), expected, bundles[index]);
      assert.deepEqual(await evaluate(readable[index] ?? ""), expected, readable[index]);
    });
  }

  it(`keeps the results of ${GENERATED} generated programs with the same names in many scopes`, async () => {
    const programs = Array.from({ length: GENERATED }, (_, seed) => new ProgramWriter(seed).write());
    const joined = bundle(programs);
    let logged = 0;
    for (const [index, program] of programs.entries()) {
      const expected = await evaluate(program);
      logged += expected.length;
      assert.deepEqual(await evaluate(joined[index] ?? ""), expected, `${program}\n${joined[index]}`);
    }
    assert.ok(logged > 5 * GENERATED, `only ${logged} results`);
  });
});
