import { knownFailures } from "./known-failures.ts";
import type { StepResult } from "../process/run-step.ts";
import type { FailureSign } from "./failure-sign.ts";
import type { Hint } from "./hint.ts";
import type { KnownFailure } from "./known-failures.ts";

/**
 * Explains how a command failed.
 *
 * @param output - The end of its output, as plain text.
 * @returns `undefined` when the cause is unknown, and when the command has not failed or was stopped.
 */
export function findHint(result: StepResult, output: string): Hint | undefined {
  if (result.type !== "failed" && result.type !== "killed") return undefined;
  const exit = result.type === "failed" ? result.exitCode : result.signal;
  for (const failure of knownFailures) {
    for (const sign of failure.signs) {
      const subject = match(sign, exit, output);
      if (subject !== undefined) return hintOf(failure, subject);
    }
  }
  return undefined;
}

/** @returns The subject, `null` without one, or `undefined` when the sign does not match. */
function match(sign: FailureSign, exit: number | string, output: string): string | null | undefined {
  if (sign.exit !== undefined && sign.exit !== exit) return undefined;
  if (sign.output === undefined) return null;
  const found = sign.output.exec(output);
  return found === null ? undefined : (found[1] ?? null);
}

function hintOf({ code, cause, remedy }: KnownFailure, subject: string | null): Hint {
  const fill = (text: string): string => text.replaceAll("{}", () => subject ?? "");
  return { code, subject, cause: fill(cause), remedy: fill(remedy) };
}
