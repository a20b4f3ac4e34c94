/**
 * Runs rounds of the model with random faults, and ends with the first problem.
 *
 *     node model/run.mjs [--seconds 1200] [--seed 1] [--faults 20] [--rounds N] [--only kill]
 */
import { parseArgs } from "node:util";
import { runRound } from "./round.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "1200" },
    seed: { type: "string", default: "1" },
    faults: { type: "string", default: "20" },
    rounds: { type: "string", default: "Infinity" },
    only: { type: "string", default: "" },
  },
});

const end = performance.now() + Number(values.seconds) * 1000;
for (let round = 0; round < Number(values.rounds) && performance.now() < end; round++) {
  const began = performance.now();
  const releases = [];
  const t = { after: (release) => releases.push(release) };
  const seed = Number(values.seed) + round;
  const { faults, counts, isPersistent, problems } = await runRound(t, {
    seed,
    faults: Number(values.faults),
    only: values.only,
  });
  for (const release of releases.reverse()) await release();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const store = isPersistent ? "with persistence" : "without persistence";
  console.log(`seed ${seed}, ${store}, ${seconds} s: ${JSON.stringify(counts)}`);
  console.log(`  ${faults.join(" ")}`);
  if (problems.length > 0) {
    console.error(`${problems.length} problems:\n${problems.slice(0, 20).join("\n")}`);
    process.exitCode = 1;
    break;
  }
}
