import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { describe } from "node:test";
import { runStep } from "../../dist/runner/process/run-step.js";
import { scenario } from "./support/scenario.js";
import type { Round } from "./support/scenario.js";

const RUNS = 20;

/** Without one of these programs, a pipe holds 64 KiB, and the promise does not hold under load: see `src/runner`. */
const canEnlarge = ["pipesz", "perl", "python3"].some((name) => spawnSync(name, ["--version"]).status === 0);

/** Keeps all processors busy until the end of the round. */
function occupyProcessors(round: Round): void {
  for (let count = 0; count < 2 * availableParallelism(); count++) {
    const busy = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
    round.after(() => busy.kill("SIGKILL"));
  }
}

/** Runs a program that prints lines one by one and exits at once. Returns the lines that arrive. */
async function printAndExit(lines: number): Promise<string[]> {
  const program = `for (let i = 1; i <= ${lines}; i++) console.log(String(i).padEnd(100, ".")); process.exit(1)`;
  const received: string[] = [];
  const step = { name: "print", command: process.execPath, args: ["-e", program], cwd: process.cwd() };
  const result = await runStep(step, { onLines: (some) => void received.push(...some.map(({ text }) => text)) });
  assert.deepEqual(result, { type: "failed", exitCode: 1 });
  return received;
}

describe("A program of Node.js that prints lines and calls process.exit", { skip: !canEnlarge }, () => {
  for (const lines of [1000, 3000, 9000]) {
    scenario(`loses none of ${lines} in ${RUNS} runs while all processors are busy`, async (round) => {
      occupyProcessors(round);
      const expected = Array.from({ length: lines }, (_, index) => String(index + 1).padEnd(100, "."));
      for (let run = 1; run <= RUNS; run++) {
        const received = await printAndExit(lines);
        // First the number: a difference of thousands of lines takes minutes to describe.
        assert.equal(received.length, lines, `run ${run}`);
        assert.deepEqual(received, expected);
      }
    });
  }
});
