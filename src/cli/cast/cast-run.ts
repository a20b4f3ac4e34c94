import type { StepResult, StepRunOptions } from "../../runner/process/run-step.ts";

/** The program whose output a cast shows. */
export interface CastRun {
  /** Runs it, once. */
  readonly run: (options: StepRunOptions) => Promise<StepResult>;
  /** Its exit code, after its end. */
  readonly exitCode: number;
  /** Aborts when a signal asks this program to end. */
  readonly interrupted: AbortSignal;
  /** Signals have their usual effect again. */
  end(): void;
}
