import { constants } from "node:os";
import { formatDuration } from "../terminal/duration.ts";
import type { BuildRecord, StepRecord, StepStatus } from "./record.ts";
import type { StepResult } from "./process/run-step.ts";

/** Describes how a step ended, in one sentence: `install failed with exit code 1`. */
export function describeResult(name: string, result: StepResult): string {
  switch (result.type) {
    case "succeeded":
      return `${name} succeeded`;
    case "failed":
      return `${name} failed with exit code ${result.exitCode}${explainExitCode(result.exitCode)}`;
    case "killed":
      // This process did not send the signal; the kernel is the usual sender of SIGKILL.
      return `${name} was killed by ${result.signal}${result.signal === "SIGKILL" ? ", probably out of memory" : ""}`;
    case "aborted":
      return `${name} was stopped${describeExit(result.exitCode, result.signal)}`;
    case "not-started":
      return `${name} could not start: ${result.reason}`;
  }
}

/**
 * The kernel kills the process that uses the memory, rarely the command itself; shells and npm forward its exit code.
 */
function explainExitCode(exitCode: number): string {
  return exitCode === 128 + constants.signals.SIGKILL ? ", which stands for SIGKILL: probably out of memory" : "";
}

function describeExit(exitCode: number | null, signal: string | null): string {
  if (signal !== null) return ` by ${signal}`;
  return exitCode === null ? "" : ` and ended with exit code ${exitCode}`;
}

/**
 * Converts the result of a step to the fields of its record.
 *
 * @param abortStatus - The status of an aborted step: only the caller knows why it was aborted.
 */
export function recordResult(
  result: StepResult,
  abortStatus: StepStatus,
): Pick<StepRecord, "status" | "exitCode" | "signal"> {
  switch (result.type) {
    case "succeeded":
      return { status: "succeeded", exitCode: 0, signal: null };
    case "failed":
      return { status: "failed", exitCode: result.exitCode, signal: null };
    case "killed":
      return { status: "failed", exitCode: null, signal: result.signal };
    case "aborted":
      return { status: abortStatus, exitCode: result.exitCode, signal: result.signal };
    case "not-started":
      return { status: "failed", exitCode: null, signal: null };
  }
}

/** Why a build was stopped. */
export interface Stop {
  readonly status: "cancelled" | "timed-out" | "failed";
  /** The start of the sentence about the end, e.g. `cancelled`. */
  readonly text: string;
}

/**
 * Describes the time limit that a build has reached: in a line of the log, and in the sentence about its end.
 *
 * @param silentStep - The step that has printed nothing; `null`: the whole build took too long.
 * @param milliseconds - The limit.
 */
export function describeTimeout(silentStep: string | null, milliseconds: number): { line: string; stop: Stop } {
  const limit = formatDuration(milliseconds);
  const isSilent = silentStep !== null;
  const reached = isSilent ? `${silentStep} printed nothing for ${limit}` : `time limit of ${limit} reached`;
  const text = `timed out after ${limit}${isSilent ? " without output" : ""}`;
  return { line: `${reached}; stopping the build`, stop: { status: "timed-out", text } };
}

/** Describes why a build was stopped: its events could not be delivered or stored. */
export function describeUndelivered(error: unknown, isStored: boolean): string {
  // Node's messages end with the path, which clients must not see.
  const reason = (error instanceof Error ? error.message : String(error)).replace(/,? '[^']*'(?: -> '[^']*')?$/, "");
  const verb = isStored && error instanceof Error && "syscall" in error ? "stored" : "delivered";
  return `stopped because its events could not be ${verb} (${reason})`;
}

/** Describes where a stopped build was, to complete the sentence about its end. */
export function describePosition({ startedAt, steps }: BuildRecord): string {
  if (startedAt === null) return "before it started";
  const interrupted = steps.findLast(({ status }) => status !== "pending" && status !== "succeeded");
  if (interrupted !== undefined) return `while ${interrupted.name} was running`;
  const next = steps.find(({ status }) => status === "pending");
  return next === undefined ? "after its last step" : `before ${next.name} started`;
}
