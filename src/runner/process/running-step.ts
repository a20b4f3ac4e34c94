import { setTimeout as delay, setImmediate as turn } from "node:timers/promises";
import { StepOutput } from "../output/step-output.ts";
import { identify } from "./identity.ts";
import { LEFT_GRACE, ProcessTree } from "./tree.ts";
import { settlesWithin } from "./waiting.ts";
import type { StepRunOptions } from "./run-step.ts";
import type { RunningChild } from "./spawn.ts";
import type { OutputPipes } from "../output/output-pipes.ts";

/** How a command ended. Both fields are `null` when that is unknown. */
export interface Exit {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

/** The exit of a command that has not started, or that cannot be ended. */
export const UNKNOWN_EXIT: Exit = { exitCode: null, signal: null };

/** How long processes may take to end after their command before they count as left running, in milliseconds. */
const EXIT_TIME = 1000;

/** How long the last output of processes that were ended is read, in milliseconds. */
const LAST_OUTPUT_TIME = 1000;

/**
 * More than a command can leave in its pipes when it ends, in bytes: a pipe holds 1 MiB, and a socket 208 KiB, unless
 * they were enlarged. If more is read, another process writes it.
 */
const MAX_LEFT_BYTES = 2 * 1024 * 1024;

const KEPT_OPEN = "the command has ended, but a background process keeps its output open; the rest is cut off";
const ESCAPED = "processes were left running outside the process group of the command; they are ended now";
const LEFT_RUNNING = "the command has left processes running; they are ended now";
const NOT_GONE = "a process of this step could not be ended";

/** How reading the output ended after the end of the command. */
type Drained = "ended" | "held open" | "stopped";

/**
 * A command that was started, until it, its output and its processes have ended. Its life has three phases:
 *
 * | phase | ends when | at the latest |
 * |---|---|---|
 * | {@link #awaitExit} | the command has ended | never; once stopped, `killGrace` + 5 s after that |
 * | {@link #drainOutput} | its output has ended | `drain` of silence, or 2 MiB, after that |
 * | {@link #endLeftovers} | everything it started has ended | 1 s + 0.75 s + 5 s, twice, after that |
 *
 * In a cgroup, the last phase can take 1.75 s more.
 */
export class RunningStep {
  readonly #options: StepRunOptions;
  readonly #child: RunningChild;
  readonly #pipes: OutputPipes;
  readonly #output: StepOutput;
  readonly #tree: ProcessTree;
  readonly #exited: Promise<Exit>;
  /** Aborts when the step is stopped: by the caller, or because the consumer of its output has failed. */
  readonly #stopping = new AbortController();
  /** Aborts when the command has ended. */
  readonly #ending = new AbortController();
  readonly #over = new AbortController();
  /** Resolves, after a stop, with whether everything is gone. */
  readonly #stopped: Promise<boolean>;

  constructor(child: RunningChild, pipes: OutputPipes, cookie: string, options: StepRunOptions) {
    const { signal, killGrace = 5000, onLines, onRead, mask } = options;
    this.#options = options;
    this.#child = child;
    this.#pipes = pipes;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (exitCode, name) => resolve({ exitCode, signal: name }));
    });
    this.#output = new StepOutput(pipes.sources(child), onLines, mask, onRead);
    this.#tree = new ProcessTree(child, cookie, () => this.#output.say(ESCAPED), options.cgroup);
    const stop = this.#stopping.signal;
    this.#stopped = new Promise((resolve) => stop.addEventListener("abort", resolve)).then(() => {
      return this.#terminate(killGrace);
    });
    for (const cause of [signal, this.#output.failure]) forwardAbort(cause, this.#stopping, this.#over.signal);
  }

  /** Resolves when the step is over. Rejects with the error of `onLines`. Called once. */
  async run(): Promise<Exit> {
    const { onSpawn, silence = 0, onSilence = () => undefined } = this.#options;
    try {
      const { problem } = this.#pipes;
      if (problem !== undefined) this.#output.say(`warning: ${problem}`);
      const identity = identify(this.#child.pid);
      if (identity !== undefined) onSpawn?.(identity);
      void this.#exited.then(() => this.#ending.abort());
      if (silence > 0) this.#awaitSilence(silence).then(onSilence, () => undefined);
      const exit = await this.#awaitExit();
      const drained = await this.#drainOutput();
      await this.#endLeftovers(drained);
      if (drained !== "ended") await this.#cutOutput();
      if (this.#output.failure.aborted) throw this.#output.failure.reason;
      return exit;
    } finally {
      this.#ending.abort();
      this.#over.abort();
      this.#output.close();
      this.#child.unref();
    }
  }

  get #isStopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Waits for the end of the command: without a limit, unless it was stopped and cannot be ended. */
  #awaitExit(): Promise<Exit> {
    return Promise.race([this.#exited, this.#stopped.then((isGone) => (isGone ? this.#exited : UNKNOWN_EXIT))]);
  }

  /**
   * Reads the rest of the output. Other processes may hold the pipes open. Only time in which nothing can be read
   * counts, so a slow consumer loses nothing.
   */
  async #drainOutput(): Promise<Drained> {
    const { drain = 3000 } = this.#options;
    const stop = this.#stopping.signal;
    const { waitingTime, bytesRead } = this.#output;
    for (let left = drain; left > 0; left = drain - (this.#output.waitingTime - waitingTime)) {
      if (await settlesWithin(this.#output.ended, left, stop)) return "ended";
      if (stop.aborted) return "stopped";
      if (this.#output.bytesRead - bytesRead > MAX_LEFT_BYTES) break;
    }
    return "held open";
  }

  /** Ends everything that the command has left running. */
  async #endLeftovers(drained: Drained): Promise<void> {
    const { killGrace = 5000 } = this.#options;
    const isAlone = drained === "ended" && (await this.#tree.isGroupEmptyWithin(EXIT_TIME, this.#stopping.signal));
    if (this.#isStopped) {
      await this.#stopped;
      return;
    }
    if (!isAlone) this.#output.say(drained === "ended" ? LEFT_RUNNING : KEPT_OPEN);
    await this.#terminate(Math.min(killGrace, LEFT_GRACE), isAlone ? EXIT_TIME : 0);
  }

  /** Reads the last output of processes that were ended, then closes the pipes. */
  async #cutOutput(): Promise<void> {
    const { drain = 3000 } = this.#options;
    await settlesWithin(this.#output.ended, this.#isStopped ? drain : Math.min(drain, LAST_OUTPUT_TIME));
    this.#output.stop();
    // For a slow consumer of lines that were already read.
    await settlesWithin(this.#output.ended, drain);
  }

  /** Ends the tree. Processes that cannot be ended now are ended in the background. */
  async #terminate(grace: number, exitTime?: number): Promise<boolean> {
    const { forceSignal: force, onLeft } = this.#options;
    const isGone = await this.#tree.terminate({ grace, force, exitTime });
    if (isGone) return true;
    this.#output.say(NOT_GONE);
    const gone = this.#tree.endInBackground();
    onLeft?.(gone);
    return false;
  }

  /** Resolves as soon as the command has printed nothing for this time; rejects when it has ended before. */
  async #awaitSilence(milliseconds: number): Promise<void> {
    const { signal } = this.#ending;
    for (let left = milliseconds; left > 0; left = milliseconds - this.#output.silentTime) {
      await delay(left, undefined, { signal });
      // Output that arrived while this process was busy is read in this turn.
      await turn(undefined, { signal });
    }
  }
}

/** Aborts `controller` when `signal` aborts, or has aborted already; detaches from `signal` when `over` aborts. */
function forwardAbort(signal: AbortSignal | undefined, controller: AbortController, over: AbortSignal): void {
  if (signal?.aborted) controller.abort();
  else signal?.addEventListener("abort", () => controller.abort(), { signal: over });
}
