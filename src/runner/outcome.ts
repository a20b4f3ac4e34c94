import { constants } from "node:os";
import type { StepRecord, StepStatus } from "./record.ts";
import type { StepOutcome } from "./process/run-step.ts";

/** Says how a step ended, in one sentence: `install failed with exit code 1`. */
export function describeOutcome(name: string, outcome: StepOutcome): string {
  switch (outcome.type) {
    case "succeeded":
      return `${name} succeeded`;
    case "failed":
      return `${name} failed with exit code ${outcome.exitCode}${explainExitCode(outcome.exitCode)}`;
    case "killed":
      // Nobody here sent it; the usual sender of this one is the kernel.
      return `${name} was killed by ${outcome.signal}${outcome.signal === "SIGKILL" ? ", probably out of memory" : ""}`;
    case "aborted":
      return `${name} was stopped${describeExit(outcome.exitCode, outcome.signal)}`;
    case "not-started":
      return `${name} could not start: ${outcome.reason}`;
  }
}

/** The kernel kills the one that takes the memory, which is rarely the command itself: shells and npm pass it on. */
function explainExitCode(exitCode: number): string {
  return exitCode === 128 + constants.signals.SIGKILL ? ", which stands for SIGKILL: probably out of memory" : "";
}

function describeExit(exitCode: number | null, signal: string | null): string {
  if (signal !== null) return ` by ${signal}`;
  return exitCode === null ? "" : ` and ended with exit code ${exitCode}`;
}

/**
 * What an outcome means for the step's record.
 *
 * @param abortStatus The status of an aborted step: only who aborted it knows why.
 */
export function recordOutcome(
  outcome: StepOutcome,
  abortStatus: StepStatus,
): Pick<StepRecord, "status" | "exitCode" | "signal"> {
  switch (outcome.type) {
    case "succeeded":
      return { status: "succeeded", exitCode: 0, signal: null };
    case "failed":
      return { status: "failed", exitCode: outcome.exitCode, signal: null };
    case "killed":
      return { status: "failed", exitCode: null, signal: outcome.signal };
    case "aborted":
      return { status: abortStatus, exitCode: outcome.exitCode, signal: outcome.signal };
    case "not-started":
      return { status: "failed", exitCode: null, signal: null };
  }
}
