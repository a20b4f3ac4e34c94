import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { buildEnvironment } from "./environment.ts";
import { COOKIE_VARIABLE, createCookie } from "./marker.ts";
import { identify } from "./identity.ts";
import { OutputPipes } from "../output/output-pipes.ts";
import { LEFT_GRACE, ProcessTree } from "./tree.ts";
import { settlesWithin } from "./settles-within.ts";
import { StepOutput } from "../output/step-output.ts";
import { directoryProblem, startStep } from "./spawn.ts";
import type { Environment } from "./find-program.ts";
import type { Mask } from "../output/mask.ts";
import type { Step } from "../planning/step.ts";
import type { ProcessIdentity } from "./identity.ts";
import type { OutputMode } from "../output/output-pipes.ts";
import type { OnLines } from "../output/step-output.ts";
import type { RunningChild } from "./spawn.ts";

/** The options of {@link runStep}. */
export interface StepRunOptions {
  /** Aborting it ends the step: SIGTERM to everything the command started, and SIGKILL after `killGrace`. */
  signal?: AbortSignal | undefined;
  /** Aborting it after `signal` cuts the grace short: SIGKILL now. */
  forceSignal?: AbortSignal | undefined;
  /** The environment, to which the step's own is added. Default: {@link buildEnvironment}. */
  env?: Environment | undefined;
  /** How long processes get to end after SIGTERM, in milliseconds. Default 5000. */
  killGrace?: number | undefined;
  /**
   * How long the output may stay open after the command has ended, in milliseconds. The time that `onLines` takes does
   * not count. Default 3000.
   */
  drain?: number | undefined;
  /** After how many milliseconds without a byte of output {@link onSilence} is called. Default 0: never. */
  silence?: number | undefined;
  /** Called at most once, while the command runs. The step goes on, unless this aborts `signal`. */
  onSilence?: (() => void) | undefined;
  /** The niceness of the command and what it starts, from 0 to 19. Default 0. */
  nice?: number | undefined;
  /** How the output is read: see {@link OutputMode}. Default `merged`. */
  output?: OutputMode | undefined;
  /**
   * What all processes of this step carry in their environment, so that those that leave its process group are found.
   * Default: a new one.
   */
  cookie?: string | undefined;
  /** Asked right before the command is started: a sentence is the reason not to. */
  verify?: (() => Promise<string | undefined>) | undefined;
  /** Called right after the command has started. Not where processes have no identity: see {@link identify}. */
  onSpawn?: ((identity: ProcessIdentity) => void) | undefined;
  /** Replaces the secrets in the output. Default: there are none. */
  mask?: Mask | undefined;
  /** Gets the output. What it throws ends the step, and {@link runStep} rejects with it. */
  onLines: OnLines;
}

/**
 * How a step ended. An exit code and a signal are never mixed: `failed` has a code other than 0, `killed` the signal
 * that ended a command nobody aborted (often the kernel's, out of memory). `aborted` wins over whatever the command
 * made of its SIGTERM.
 */
export type StepResult =
  | { readonly type: "succeeded" }
  | { readonly type: "failed"; readonly exitCode: number }
  | { readonly type: "killed"; readonly signal: string }
  | { readonly type: "aborted"; readonly exitCode: number | null; readonly signal: string | null }
  | { readonly type: "not-started"; readonly reason: string };

/** How a command ended. Both are `null` while that is not known. */
interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

const UNKNOWN: Exit = { exitCode: null, signal: null };

/** How long a process that is about to end anyway may take before it counts as left running, in milliseconds. */
const SETTLE_TIME = 1000;

/** How long output that has had its time is read on for what ended processes said at last, in milliseconds. */
const LAST_WORDS_TIME = 1000;

/**
 * More than a command that has ended can have left in its output, in bytes: a pipe holds 64 KiB, and a socket 208 KiB,
 * unless they were enlarged. Whoever writes more is another process.
 */
const MAX_LEFT_BYTES = 2 * 1024 * 1024;

const KEPT_OPEN = "the command has ended, but a background process keeps its output open; the rest is cut off";
const ESCAPED = "processes were left running outside the process group of the command; they are ended now";
const LEFT_RUNNING = "the command has left processes running; they are ended now";
const NOT_GONE = "a process of this step could not be ended";

/**
 * Runs one step to its end: the command, its output, and everything it started. Whatever is left running is ended too,
 * so that a daemon does not outlive its build: in its process group, and outside of it what carries the cookie.
 *
 * @returns How it ended. It rejects only with what `onLines` threw.
 */
export async function runStep(step: Step, options: StepRunOptions): Promise<StepResult> {
  const { signal, env = buildEnvironment(), nice = 0, cookie = createCookie() } = options;
  const pipes = await OutputPipes.open(options.output ?? "merged");
  // Asked first, since spawn gives the same error for a missing directory and for a missing command.
  const problem = (await directoryProblem(step.cwd)) ?? (await options.verify?.());
  if (signal?.aborted) {
    pipes.close();
    return { type: "aborted", ...UNKNOWN };
  }
  const stepEnv = { ...env, ...step.env, [COOKIE_VARIABLE]: cookie };
  const child = problem ?? (await startStep(step, stepEnv, nice, pipes.stdio));
  if (typeof child === "string") {
    pipes.close();
    return { type: "not-started", reason: child };
  }
  const exit = await follow(child, pipes, cookie, options);
  if (signal?.aborted) return { type: "aborted", ...exit };
  if (exit.exitCode === null) return { type: "killed", signal: String(exit.signal) };
  return exit.exitCode === 0 ? { type: "succeeded" } : { type: "failed", exitCode: exit.exitCode };
}

/** Stays with a command until it, its output and its processes have ended. */
async function follow(
  child: RunningChild,
  pipes: OutputPipes,
  cookie: string,
  options: StepRunOptions,
): Promise<Exit> {
  const { signal, forceSignal, killGrace = 5000, drain = 3000, onLines, mask } = options;
  const { silence = 0, onSilence = () => undefined, onSpawn = () => undefined } = options;
  const exited = new Promise<Exit>((resolve) => {
    child.once("exit", (exitCode, name) => resolve({ exitCode, signal: name }));
  });
  const output = new StepOutput(pipes.sources(child), onLines, mask);
  const tree = new ProcessTree(child, cookie, () => output.say(ESCAPED));
  const stopping = new AbortController();
  const stop = stopping.signal;
  const hasRun = new AbortController();
  const over = new AbortController();
  const terminate = async (grace: number, settle?: number): Promise<boolean> => {
    const isGone = await tree.terminate(grace, forceSignal, settle);
    if (!isGone) output.say(NOT_GONE);
    return isGone;
  };
  try {
    if (pipes.problem !== undefined) output.say(`warning: ${pipes.problem}`);
    const identity = identify(child.pid);
    if (identity !== undefined) onSpawn(identity);
    const stopped = new Promise((resolve) => stop.addEventListener("abort", resolve)).then(() =>
      terminate(killGrace),
    );
    for (const cause of [signal, output.failure]) forwardAbort(cause, stopping, over.signal);
    void exited.then(() => hasRun.abort());
    if (silence > 0) staysSilent(output, silence, hasRun.signal).then(onSilence, () => undefined);
    const exit = await Promise.race([exited, stopped.then((isGone) => (isGone ? exited : UNKNOWN))]);

    // The end of the command is not the end of its output: what it started may still hold the pipes.
    const hasEnded = await endsByItself(output, drain, stop);
    const isAlone = hasEnded && (await tree.isGroupEmptyWithin(SETTLE_TIME, stop));
    if (!isAlone && !stop.aborted) output.say(hasEnded ? LEFT_RUNNING : KEPT_OPEN);
    const settle = isAlone ? SETTLE_TIME : 0;
    await (stop.aborted ? stopped : terminate(Math.min(killGrace, LEFT_GRACE), settle));
    if (!hasEnded) {
      await settlesWithin(output.ended, stop.aborted ? drain : Math.min(drain, LAST_WORDS_TIME));
      output.stop();
      // For what was read before the pipes were given up, and a consumer that is slow to take it.
      await settlesWithin(output.ended, drain);
    }
    if (output.failure.aborted) throw output.failure.reason;
    return exit;
  } finally {
    hasRun.abort();
    over.abort();
    output.close();
    child.unref();
  }
}

/** Resolves as soon as a command has printed nothing for so long; rejects when `signal` aborts before. */
async function staysSilent(output: StepOutput, milliseconds: number, signal: AbortSignal): Promise<void> {
  for (let left = milliseconds; left > 0; left = milliseconds - output.silentMs) {
    await delay(left, undefined, { signal });
    // What was printed while this process was busy elsewhere is read only now.
    await turn(undefined, { signal });
  }
}

/** Aborts `controller` when `signal` aborts, or has aborted already; detaches from `signal` when `over` aborts. */
function forwardAbort(signal: AbortSignal | undefined, controller: AbortController, over: AbortSignal): void {
  if (signal?.aborted) controller.abort();
  else signal?.addEventListener("abort", () => controller.abort(), { signal: over });
}

/**
 * Resolves with whether the output ends without anybody's help. What the command has left in the pipes is given out,
 * however long the consumer takes for it, so only the time of waiting for more counts.
 */
async function endsByItself(output: StepOutput, drain: number, signal: AbortSignal): Promise<boolean> {
  const { waitedMs, bytesRead } = output;
  for (let left = drain; left > 0; left = drain - (output.waitedMs - waitedMs)) {
    if (await settlesWithin(output.ended, left, signal)) return true;
    if (signal.aborted || output.bytesRead - bytesRead > MAX_LEFT_BYTES) return false;
  }
  return false;
}
