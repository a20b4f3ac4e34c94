import type { StepResult, StepRunOptions } from "../process/run-step.ts";

/** One command of a build. Your own plans may run anything, e.g. `make`. */
export interface Step {
  /** The name that clients see, e.g. `install`. */
  readonly name: string;
  /** A program on `PATH`, or a path. Never a command line for a shell. */
  readonly command: string;
  /** Passed unchanged: no shell interprets them. */
  readonly args: readonly string[];
  /** The working directory: an absolute path. */
  readonly cwd: string;
  /** Added to the environment of the build. Default: nothing. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** `network`: the command runs once more if it fails because of the network. Default: it runs once. */
  readonly retry?: "network" | undefined;
  /**
   * Runs the step in another way, for example in a program that runs already, and passes its output to
   * `options.onLines`. Default: the runner starts `command`.
   */
  readonly run?: ((options: StepRunOptions) => Promise<StepResult>) | undefined;
}
