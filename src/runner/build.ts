import { pinProblem } from "./project/directory-pin.ts";
import { formatCommand, formatDuration } from "./format.ts";
import { LogLimit } from "./output/log-limit.ts";
import { describeOutcome, recordOutcome } from "./outcome.ts";
import { createCookie } from "./process/marker.ts";
import { createBuildId } from "./build-id.ts";
import { runStep } from "./process/run-step.ts";
import type { BuildEvent, BuildLineEvent, OutputStream } from "./events.ts";
import type { Environment } from "./process/find-program.ts";
import type { Mask } from "./output/mask.ts";
import type { Plan } from "./plan.ts";
import type { Step } from "./step.ts";
import type { ProcessIdentity } from "./process/identity.ts";
import type { BuildRecord, StepRecord } from "./record.ts";
import type { Secrets } from "./output/secrets.ts";
import type { OutputLine } from "./output/step-output.ts";
import type { StepOutcome } from "./process/run-step.ts";

/** What a {@link Build} needs beside its plan. */
export interface BuildContext {
  /** The longest it may run, in milliseconds; 0 means as long as it likes. */
  readonly timeout: number;
  /** How long a step may print nothing, in milliseconds; 0 means as long as it likes. */
  readonly silence: number;
  /** The niceness of its processes, from 0 to 19. */
  readonly nice: number;
  /** How long processes get between SIGTERM and SIGKILL, in milliseconds. */
  readonly killGrace: number;
  readonly env: Environment;
  readonly secrets: Secrets;
  /** See {@link LogLimit}. */
  readonly logLimit: number;
  readonly onEvent: (event: BuildEvent) => void | Promise<void>;
  /** Called before the first command starts. It waits for a returned promise. */
  readonly onStart: (buildId: string, cookie: string) => void | Promise<void>;
  /** Called right after each command has started. */
  readonly onSpawn: (buildId: string, identity: ProcessIdentity) => void | Promise<void>;
  /** Called once, right after the `end` event was given out. */
  readonly onEnd: (build: Build) => void;
}

/** A build as an earlier process has left it. */
export interface FormerBuild {
  readonly record: BuildRecord;
  /** How many lines were given out: it may have begun to run. */
  readonly lineCount: number;
}

/** Why a build does not go on. */
interface Stop {
  readonly status: "cancelled" | "timed-out" | "failed";
  /** Begins the sentence about the end, e.g. `cancelled`. */
  readonly text: string;
}

/**
 * The course of one build: it waits, runs its steps one after the other until one fails, and ends. It tells all of it
 * as events.
 */
export class Build {
  /** Resolves when the build has ended and its `end` event was taken. Never rejects. */
  readonly ended: Promise<void>;
  readonly plan: Plan;
  readonly #context: BuildContext;
  readonly #cookie: string = createCookie();
  readonly #mask: Mask | undefined;
  readonly #stopping = new AbortController();
  readonly #killing = new AbortController();
  #record: BuildRecord;
  readonly #limit: LogLimit;
  #isPlaceTold = false;
  /** How many lines were given out. */
  #lineCount: number;
  /** Set once: what stopped the build first is why it ended. */
  #stop: Stop | undefined;
  /** The step that failed, and how. */
  #failure: { readonly step: string; readonly text: string } | undefined;
  /** Resolves when all events but lines of output were taken, or could not be. Never rejects. */
  #taken: Promise<unknown> = Promise.resolve();
  #resolveEnded: (delivery: Promise<void>) => void = () => undefined;

  /**
   * @param estimatedMs How long it will probably take; `null` when nobody knows.
   * @param former What an earlier process has told of this build, which waited then, too.
   */
  constructor(plan: Plan, context: BuildContext, estimatedMs: number | null, former?: FormerBuild) {
    this.plan = plan;
    this.#context = context;
    this.#mask = context.secrets.maskFor(plan);
    this.#limit = new LogLimit(context.logLimit);
    this.#lineCount = former?.lineCount ?? 0;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#record = freeze({
      id: former?.record.id ?? createBuildId(),
      projectPath: plan.projectPath,
      projectName: plan.projectName,
      packageManager: plan.packageManager,
      script: plan.script ?? null,
      install: plan.install ?? null,
      status: "queued",
      message: null,
      steps: plan.steps.map((step) => pendingStep(step.name, this.#masked(formatCommand(step.command, step.args)))),
      estimatedMs,
      queuePosition: null,
      queuedAt: former?.record.queuedAt ?? now(),
      startedAt: null,
      finishedAt: null,
    });
  }

  /** The state as it is now. A record never changes; ask again for a newer one. */
  get record(): BuildRecord {
    return this.#record;
  }

  /** The directories it works in. Two installs in the same one would break each other. */
  get directories(): ReadonlySet<string> {
    return new Set([this.plan.projectPath, ...this.plan.steps.map(({ cwd }) => cwd)]);
  }

  /** Whether something has told it to stop. */
  get isStopping(): boolean {
    return this.#stop !== undefined;
  }

  /** Gives the build its position among those that wait, 1 for the first. Nobody is told of it yet. */
  place(queuePosition: number): void {
    if (this.#record.queuePosition === queuePosition) return;
    this.#record = freeze({ ...this.#record, queuePosition });
    this.#isPlaceTold = false;
  }

  /** Tells that the build was accepted. Its first event. */
  announce(): void {
    this.#isPlaceTold = true;
    void this.#emit({ type: "build", build: this.#record });
  }

  /** Tells its position, if it waits in another than the one that was told. */
  announcePlace(): void {
    if (!this.#isPlaceTold && this.#record.status === "queued") this.announce();
  }

  /** Runs the steps. Called once, on a build that waits. Never rejects. */
  async run(): Promise<void> {
    const { timeout } = this.#context;
    const start = performance.now();
    const timer = timeout === 0 ? undefined : setTimeout(() => this.#timeOut(null, timeout), timeout);
    this.#update({ status: "running", queuePosition: null, startedAt: now() });
    this.#say(null, this.plan.reason);
    for (const warning of this.plan.warnings) this.#say(null, `warning: ${warning}`);
    if (this.plan.steps.length > 0) await this.#prepare();
    for (const [index, step] of this.plan.steps.entries()) {
      if (this.#stop !== undefined || this.#failure !== undefined) break;
      await this.#runStep(index, step);
    }
    clearTimeout(timer);
    // What is not taken, because the disk is full, say, has not succeeded.
    const hasRun = this.plan.steps.length > 0 && this.#stop === undefined && this.#failure === undefined;
    if (hasRun) await this.#unlessStopped(this.#taken);
    this.#end(`succeeded in ${formatDuration(performance.now() - start)}`);
  }

  /**
   * Stops the build for good: at once while it waits, otherwise by ending the step that runs. A second call no longer
   * waits for processes that take their time to end.
   *
   * @param text Begins the sentence about the end.
   */
  cancel(text = "cancelled"): void {
    if (this.#stop !== undefined) this.#killing.abort();
    this.#halt({ status: "cancelled", text });
    if (this.#record.status === "queued") this.#end();
  }

  async #runStep(index: number, step: Step): Promise<void> {
    const { env, killGrace, silence, nice } = this.#context;
    const start = performance.now();
    this.#updateStep(index, { status: "running", startedAt: now() });
    this.#say(step.name, `$ ${formatCommand(step.command, step.args)} (in ${step.cwd})`);
    const outcome = await runStep(step, {
      signal: this.#stopping.signal,
      forceSignal: this.#killing.signal,
      env,
      killGrace,
      silence,
      nice,
      cookie: this.#cookie,
      verify: () => pinProblem(this.plan.pins ?? []),
      onSilence: () => this.#timeOut(step.name, silence),
      onSpawn: (identity) => void this.#report(() => this.#context.onSpawn(this.#record.id, identity)),
      mask: this.#mask,
      onLines: (lines) => this.#tell(index, step.name, lines),
    }).catch((error: unknown): StepOutcome => {
      this.#break(error);
      return { type: "aborted", exitCode: null, signal: null };
    });
    this.#tellEnd(step.name);
    const text = describeOutcome(step.name, outcome);
    const ending = recordOutcome(outcome, this.#stop?.status ?? "cancelled");
    if (ending.status === "failed" && this.#stop === undefined) this.#failure = { step: step.name, text };
    this.#updateStep(index, { ...ending, finishedAt: now() });
    const duration = formatDuration(performance.now() - start);
    this.#say(step.name, outcome.type === "not-started" ? text : `${text} after ${duration}`);
  }

  /** Waits until the cookie is known elsewhere. It does not keep a build from being stopped. */
  async #prepare(): Promise<void> {
    await this.#unlessStopped(this.#report(() => this.#context.onStart(this.#record.id, this.#cookie)));
  }

  async #unlessStopped(promise: Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    if (!signal.aborted) await Promise.race([promise, stopped]);
  }

  /** @param success The sentence about a build that nothing stopped. */
  #end(success = ""): void {
    const { steps } = this.#record;
    const skipped = steps.filter(({ status }) => status === "pending");
    const stopped = this.#stop && `${this.#stop.text} ${this.#position()}`;
    const message = this.#masked(stopped ?? this.#failure?.text ?? success);
    const finishedAt = now();
    // Changed before the last lines are given out: whoever cancels at one of them learns that it is too late.
    this.#record = freeze({
      ...this.#record,
      status: this.#stop?.status ?? (this.#failure === undefined ? "succeeded" : "failed"),
      queuePosition: null,
      message,
      steps: steps.map((step) => (skipped.includes(step) ? { ...step, status: "skipped" } : step)),
      finishedAt,
    });
    const because = this.#stop === undefined ? `${this.#failure?.step} failed` : "the build was stopped";
    for (const { name } of skipped) this.#say(name, `${name} skipped because ${because}`, finishedAt);
    this.#say(null, message, finishedAt);
    this.#resolveEnded(this.#emit({ type: "end", build: this.#record }));
    this.#context.onEnd(this);
  }

  /** Where the build was when it was stopped, to complete the sentence. */
  #position(): string {
    const { startedAt, steps } = this.#record;
    if (startedAt === null) return "before it started";
    const interrupted = steps.findLast(({ status }) => status !== "pending" && status !== "succeeded");
    if (interrupted !== undefined) return `while ${interrupted.name} was running`;
    const next = steps.find(({ status }) => status === "pending");
    return next === undefined ? "after its last step" : `before ${next.name} started`;
  }

  #halt(stop: Stop): void {
    this.#stop ??= stop;
    this.#stopping.abort();
  }

  /**
   * One of the two limits has struck.
   *
   * @param silent The step that has printed nothing; `null`: the whole build took too long.
   */
  #timeOut(silent: string | null, limitMs: number): void {
    if (this.#stop !== undefined) return;
    const limit = formatDuration(limitMs);
    const problem = silent === null ? "the build has run" : `${silent} has printed nothing`;
    this.#say(silent, `${problem} for ${limit}, which is the limit; it is stopped now`);
    this.#halt({ status: "timed-out", text: `timed out after ${limit}${silent === null ? "" : " without output"}` });
  }

  /** A build whose events get lost must not go on as if somebody were watching. */
  #break(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#halt({ status: "failed", text: `stopped because its events could not be delivered (${reason})` });
  }

  #update(change: Partial<BuildRecord>): void {
    this.#record = freeze({ ...this.#record, ...change });
    void this.#emit({ type: "build", build: this.#record });
  }

  #updateStep(index: number, change: Partial<StepRecord>): void {
    this.#update({ steps: this.#record.steps.map((step, at) => (at === index ? { ...step, ...change } : step)) });
  }

  #say(step: string | null, text: string, time = now()): void {
    void this.#emit(this.#line(step, "system", this.#masked(text), time));
  }

  /** What the runner itself says can hold a secret, too: a command's arguments, a name, an error. */
  #masked(text: string): string {
    return this.#mask?.text(text) ?? text;
  }

  /** Numbers a line, which has to be given out at once. */
  #line(step: string | null, stream: OutputStream, text: string, time: string): BuildLineEvent {
    return { type: "line", buildId: this.#record.id, number: ++this.#lineCount, step, stream, text, time };
  }

  /**
   * Gives out lines of a step's output, each after the one before was taken. What the consumer throws ends the step. A
   * step that was stopped does not wait for ever for it: what it has not taken by the step's end, it never gets.
   */
  async #tell(index: number, step: string, lines: readonly OutputLine[]): Promise<void> {
    const time = now();
    for (const { stream, text } of lines) {
      if (this.#record.steps[index]?.status !== "running") return;
      const { isLeavingOut } = this.#limit;
      if (!this.#limit.takes({ stream, text, time })) {
        if (!isLeavingOut) this.#say(step, this.#limit.notice, time);
        continue;
      }
      const taken = this.#context.onEvent(this.#line(step, stream, text, time));
      // Awaiting nothing would still cost a turn of the microtask queue for every line.
      if (taken !== undefined) await taken;
    }
  }

  /** Gives out the end of a step whose lines were left out. It is bounded, so nobody waits for the consumer here. */
  #tellEnd(step: string): void {
    const { text, tail } = this.#limit.endStep();
    if (text !== undefined) this.#say(step, text);
    for (const line of tail) void this.#emit(this.#line(step, line.stream, line.text, line.time));
  }

  /**
   * Gives out an event about the build itself. There are few of them, so nobody waits for the consumer here, and it
   * cannot hold the build up. `onEvent` is called before this returns.
   */
  #emit(event: BuildEvent): Promise<void> {
    const taken = this.#report(() => this.#context.onEvent(event));
    this.#taken = Promise.all([this.#taken, taken]);
    return taken;
  }

  async #report(tell: () => void | Promise<void>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      this.#break(error);
    }
  }
}

function pendingStep(name: string, command: string): StepRecord {
  return { name, command, status: "pending", exitCode: null, signal: null, startedAt: null, finishedAt: null };
}

function freeze(record: BuildRecord): BuildRecord {
  for (const step of record.steps) Object.freeze(step);
  Object.freeze(record.steps);
  return Object.freeze(record);
}

function now(): string {
  return new Date().toISOString();
}
