import { timeTaken } from "../time.ts";
import { words } from "../words/words.ts";
import { statusWord } from "./status.ts";
import type { Step } from "../model.ts";

/**
 * Describes the state of a step with the reason of a failure: `Running`, `Failed (exit code 1)`, `Failed (SIGKILL)`.
 */
export function stepOutcome({ status, exitCode, signal }: Step): string {
  const word = statusWord(status);
  if (signal !== null) return words().withReason(word, signal);
  return exitCode === null || exitCode === 0 ? word : words().withReason(word, words().exitCode(exitCode));
}

/**
 * Formats how long a step took, or has been running; empty before its start, and if it was lost.
 *
 * @param now - The server's time, in milliseconds since 1970.
 */
export function stepDuration(step: Step, now: number): string {
  const length = timeTaken(step, now);
  return length === undefined ? "" : words().duration(length, step.finishedAt === null);
}
