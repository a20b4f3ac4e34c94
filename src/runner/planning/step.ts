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
  /**
   * The time that the processes of this step have between SIGTERM and SIGKILL, in milliseconds, if it is longer than
   * the `killGrace` of the queue. A second cancel kills them at once. Default: that of the queue.
   */
  readonly killGrace?: number | undefined;
  /** Observes the command. Default: no observer. */
  readonly watch?: StepWatch | undefined;
}

/** Observes one step. */
export interface StepWatch {
  /** Called right before the command starts. If it resolves with a sentence, the step fails for that reason. */
  readonly onStart: () => Promise<string | undefined>;
  /**
   * Called when the command, its output and its processes have ended. The step ends when the promise has resolved.
   *
   * @param signal - Aborts when the build is stopped.
   */
  readonly onEnd: (result: StepResult, signal: AbortSignal) => Promise<void>;
}
