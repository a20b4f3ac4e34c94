import { setTimeout as delay } from "node:timers/promises";
import { formatDuration } from "../../terminal/duration.ts";
import { findHint } from "./find-hint.ts";
import { OutputTail } from "./output-tail.ts";
import type { StepResult } from "../process/run-step.ts";
import type { Hint } from "./hint.ts";

/** How long an install that failed for the network waits before it runs again, in milliseconds. */
const RETRY_DELAY = 5000;

/** The options of {@link runExplained}. */
export interface ExplainedRunOptions {
  /** Whether the command runs once more if it fails because of the network. */
  readonly isRetried: boolean;
  /** Aborting it ends the wait before the second run. */
  readonly signal: AbortSignal;
  /** Emits a line about the step. */
  readonly say: (text: string) => void;
  /** The time before the second run, in milliseconds. Default 5000. */
  readonly retryDelay?: number | undefined;
}

/** The end of a step. */
export interface ExplainedResult {
  readonly result: StepResult;
  /** `undefined` when the step did not fail, or its cause is unknown. */
  readonly hint: Hint | undefined;
}

/**
 * Runs a command and explains its failure.
 *
 * @param run - Runs the command, and adds its output to the tail.
 */
export async function runExplained(
  run: (tail: OutputTail) => Promise<StepResult>,
  options: ExplainedRunOptions,
): Promise<ExplainedResult> {
  const first = await runOnce(run);
  if (!options.isRetried || first.hint?.code !== "NETWORK") return first;
  const { retryDelay = RETRY_DELAY, signal, say } = options;
  say(`${first.hint.cause}; trying once more in ${formatDuration(retryDelay)}`);
  try {
    await delay(retryDelay, undefined, { signal });
  } catch {
    return first;
  }
  return runOnce(run);
}

async function runOnce(run: (tail: OutputTail) => Promise<StepResult>): Promise<ExplainedResult> {
  const tail = new OutputTail();
  const result = await run(tail);
  const hasFailed = result.type === "failed" || result.type === "killed";
  return { result, hint: hasFailed ? findHint(result, tail.text) : undefined };
}
