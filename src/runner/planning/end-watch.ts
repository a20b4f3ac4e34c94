import type { StepResult } from "../process/run-step.ts";
import type { Step } from "./step.ts";

/**
 * Tells the watch of a step how the step has ended. If the watch fails, the step does not.
 *
 * @param signal - Aborts when the build is stopped.
 * @param say - Adds a line to the log of the step.
 */
export async function endWatch(
  { watch }: Step,
  result: StepResult,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  try {
    await watch?.onEnd(result, signal);
  } catch (error) {
    say(`warning: the result of the step cannot be stored (${(error as Error).message})`);
  }
}
