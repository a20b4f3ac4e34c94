import { OutputPipes } from "../output/output-pipes.ts";
import { buildEnvironment } from "../program/environment.ts";
import { COOKIE_VARIABLE, createCookie } from "./marker.ts";
import { RunningStep, UNKNOWN_EXIT } from "./running-step.ts";
import { directoryProblem, startStep } from "./spawn.ts";
import type { Environment } from "../program/find-program.ts";
import type { StepCgroup } from "../cgroup/step-cgroup.ts";
import type { Mask } from "../output/mask.ts";
import type { ProcessIdentity } from "./identity.ts";
import type { OutputMode } from "../output/output-pipes.ts";
import type { OnLines } from "../output/step-output.ts";
import type { Step } from "../planning/step.ts";

/** The options of {@link runStep}. */
export interface StepRunOptions {
  /** Aborting it ends the step: SIGTERM to the command and everything it started, and SIGKILL after `killGrace`. */
  signal?: AbortSignal | undefined;
  /** Aborting it after `signal` ends the grace: SIGKILL immediately. */
  forceSignal?: AbortSignal | undefined;
  /** The environment, to which the step's own variables are added. Default: {@link buildEnvironment}. */
  env?: Environment | undefined;
  /** The time between SIGTERM and SIGKILL, in milliseconds. Default 5000. */
  killGrace?: number | undefined;
  /**
   * How long the output may stay open after the command has ended, in milliseconds. Time in which `onLines` runs does
   * not count. Default 3000.
   */
  drain?: number | undefined;
  /** The time without output after which {@link onSilence} is called, in milliseconds. Default 0: never. */
  silence?: number | undefined;
  /** Called at most once, while the command runs. The step continues, unless this aborts `signal`. */
  onSilence?: (() => void) | undefined;
  /** The niceness of the command and everything it starts, from 0 to 19. Default 0. */
  nice?: number | undefined;
  /** The cgroup that everything of the step runs in. Default: that of this process. */
  cgroup?: StepCgroup | undefined;
  /** How the output is read: see {@link OutputMode}. Default `merged`. */
  output?: OutputMode | undefined;
  /**
   * The value that all processes of this step carry in their environment, so that those that leave its process group
   * are found. Default: a new one.
   */
  cookie?: string | undefined;
  /** Called right before the command is started. If it resolves with a sentence, that is the reason not to start it. */
  verify?: (() => Promise<string | undefined>) | undefined;
  /** Called right after the command has started, on systems where processes have an identity: see {@link identify}. */
  onSpawn?: ((identity: ProcessIdentity) => void) | undefined;
  /**
   * Called when a process could not be ended in time.
   *
   * @param gone - Resolves, for up to an hour of further attempts, with whether all processes are gone.
   */
  onLeft?: ((gone: Promise<boolean>) => void) | undefined;
  /** Replaces the secrets in the output. Default: nothing is replaced. */
  mask?: Mask | undefined;
  /** Called whenever output was read, before its lines are emitted. */
  onRead?: (() => void) | undefined;
  /** Receives the output. An error it throws ends the step, and {@link runStep} rejects with it. */
  onLines: OnLines;
}

/**
 * How a step ended. `failed` has an exit code other than 0. `killed` has the signal that ended a command that was not
 * aborted; the usual sender is the kernel when memory is short. A step that was stopped is `aborted`, whatever its exit
 * code.
 */
export type StepResult =
  | { readonly type: "succeeded" }
  | { readonly type: "failed"; readonly exitCode: number }
  | { readonly type: "killed"; readonly signal: string }
  | { readonly type: "aborted"; readonly exitCode: number | null; readonly signal: string | null }
  | { readonly type: "not-started"; readonly reason: string };

/**
 * Runs one step to its end: the command, its output, and everything it started. Processes that are left running are
 * ended as well, so that no daemon outlives its build.
 *
 * @returns How it ended. Rejects only with an error of `onLines`.
 */
export async function runStep(step: Step, options: StepRunOptions): Promise<StepResult> {
  const { signal, env = buildEnvironment(), nice = 0, cookie = createCookie() } = options;
  const pipes = await OutputPipes.open(options.output ?? "merged");
  // Checked first, since spawn reports a missing directory and a missing command with the same error.
  const problem = (await directoryProblem(step.cwd)) ?? (await options.verify?.());
  if (signal?.aborted) {
    pipes.close();
    return { type: "aborted", ...UNKNOWN_EXIT };
  }
  const variables = { ...env, ...step.env, [COOKIE_VARIABLE]: cookie };
  const child = problem ?? (await startStep(step, variables, nice, pipes.stdio, options.cgroup));
  if (typeof child === "string") {
    pipes.close();
    return { type: "not-started", reason: child };
  }
  const exit = await new RunningStep(child, pipes, cookie, options).run();
  if (signal?.aborted) return { type: "aborted", ...exit };
  if (exit.exitCode === null) return { type: "killed", signal: String(exit.signal) };
  return exit.exitCode === 0 ? { type: "succeeded" } : { type: "failed", exitCode: exit.exitCode };
}
