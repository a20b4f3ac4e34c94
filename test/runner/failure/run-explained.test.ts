import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runExplained } from "../../../dist/runner/failure/run-explained.js";
import type { ExplainedRunOptions } from "../../../dist/runner/failure/run-explained.js";
import type { OutputTail } from "../../../dist/runner/failure/output-tail.js";
import type { StepResult } from "../../../dist/runner/process/run-step.js";

const FAILED: StepResult = { type: "failed", exitCode: 1 };
const SUCCEEDED: StepResult = { type: "succeeded" };

/** A command that ends with these results, one after the other, and prints these lines each time. */
function command(results: readonly StepResult[], ...lines: readonly string[]) {
  let runs = 0;
  const run = async (tail: OutputTail): Promise<StepResult> => {
    tail.add(lines.map((text) => ({ stream: "stdout", text })));
    return results[runs++] ?? assert.fail("it ran too often");
  };
  return { run, runs: () => runs };
}

function optionsOf(change: Partial<ExplainedRunOptions> = {}) {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const options = { isRetried: true, signal: new AbortController().signal, say, retryDelay: 1, ...change };
  return { said, options };
}

describe("runExplained()", () => {
  it("explains a failure by the output", async () => {
    const { run } = command([FAILED], "npm error code EBADENGINE");
    const { options, said } = optionsOf();
    const { result, hint } = await runExplained(run, options);
    assert.deepEqual([result, hint?.code, said], [FAILED, "WRONG_NODE", []]);
  });

  it("runs a command once more that failed for the network", async () => {
    const { run, runs } = command([FAILED, SUCCEEDED], "npm error code ECONNRESET");
    const { options, said } = optionsOf();
    assert.deepEqual(await runExplained(run, options), { result: SUCCEEDED, hint: undefined });
    assert.equal(runs(), 2);
    assert.deepEqual(said, ["a connection failed (ECONNRESET); trying once more in 0 s"]);
  });

  it("runs it only twice", async () => {
    const { run, runs } = command([FAILED, FAILED], "npm error code ECONNRESET");
    const { options } = optionsOf();
    assert.equal((await runExplained(run, options)).hint?.code, "NETWORK");
    assert.equal(runs(), 2);
  });

  it("runs it once if it failed for another reason, or may not be retried", async () => {
    const other = command([FAILED], "npm error code EBADENGINE", "npm warn network ECONNRESET");
    await runExplained(other.run, optionsOf().options);
    const script = command([FAILED], "Error: connect ECONNREFUSED 127.0.0.1:1");
    const { hint } = await runExplained(script.run, optionsOf({ isRetried: false }).options);
    assert.deepEqual([other.runs(), script.runs(), hint?.code], [1, 1, "NETWORK"]);
  });

  it("does not run it again when the build is stopped meanwhile", async () => {
    const stopping = new AbortController();
    const { run, runs } = command([FAILED], "npm error code ECONNRESET");
    const say = (): void => stopping.abort();
    const { options } = optionsOf({ signal: stopping.signal, say, retryDelay: 60_000 });
    assert.deepEqual((await runExplained(run, options)).result, FAILED);
    assert.equal(runs(), 1);
  });
});
