import { formatDuration } from "../terminal/duration.ts";
import { BuildEmitter, now } from "./build-emitter.ts";
import { createBuildId } from "./build-id.ts";
import { BuildState } from "./build-state.ts";
import { runInCgroup } from "./cgroup/run-in-cgroup.ts";
import { lastLines } from "./failure/hint.ts";
import { runExplained } from "./failure/run-explained.ts";
import { formatCommand } from "./format.ts";
import { describeGit, maskGit } from "./git/git-state.ts";
import { readGit } from "./git/read-git.ts";
import { addToPath, addVariables, variableSecrets } from "./program/variables.ts";
import { environmentLines, planLines } from "./planning/first-lines.ts";
import { PrivateFolders } from "./program/private-folders.ts";
import { endWatch } from "./planning/end-watch.ts";
import { makePlan } from "./planning/make-plan.ts";
import { NEXT_PLAN_STEP, PLAN_STEP, isDraft } from "./planning/plan-draft.ts";
import { createCookie } from "./process/marker.ts";
import { runStep } from "./process/run-step.ts";
import { pinProblem } from "./project/directory-pin.ts";
import { pendingStep, queuedRecord } from "./record.ts";
import { describeResultFolders } from "./result/build-result.ts";
import { readResult } from "./result/read-result.ts";
import { StepLines } from "./step-lines.ts";
import { describePosition, describeResult, describeTimeout, describeUndelivered, recordResult } from "./step-result.ts";
import type { BuildContext, FormerBuild } from "./build-context.ts";
import type { StepCgroup } from "./cgroup/step-cgroup.ts";
import type { OutputTail } from "./failure/output-tail.ts";
import type { Mask } from "./output/mask.ts";
import type { Plan } from "./planning/plan.ts";
import type { PlanContext, PlanDraft } from "./planning/plan-draft.ts";
import type { DirectoryPin } from "./project/directory-pin.ts";
import type { BuildRecord, StepRecord } from "./record.ts";
import type { StepResult, StepRunOptions } from "./process/run-step.ts";
import type { Stop } from "./step-result.ts";
import type { Step } from "./planning/step.ts";

/** The course of one build: it waits, makes its plan if that is a draft, runs the steps until one fails, and ends. */
export class Build {
  /** Resolves when the build has ended and the consumer has accepted its `end` event. Never rejects. */
  readonly ended: Promise<void>;
  readonly source: Plan | PlanDraft;
  readonly #context: BuildContext;
  readonly #cookie: string = createCookie();
  #mask: Mask | undefined;
  #pins: readonly DirectoryPin[];
  #programFolders: readonly string[] | undefined;
  readonly #folders = new PrivateFolders();
  readonly #emitter: BuildEmitter;
  readonly #lines: StepLines;
  readonly #stopping = new AbortController();
  readonly #killing = new AbortController();
  readonly #state: BuildState;
  #hasLeftProcesses = false;
  /** Whether a failure to deliver or store an event was reported. */
  #hasReported = false;
  /** Set once: the first reason to stop is the reason in the record. */
  #stop: Stop | undefined;
  #failure: { readonly step: string; readonly text: string } | undefined;
  #resolveEnded: (delivery: Promise<void>) => void = () => undefined;

  /**
   * @param estimatedDuration - The expected duration; `null` when it is unknown.
   * @param former - The same build as an earlier process stored it in the queue.
   */
  constructor(
    source: Plan | PlanDraft,
    context: BuildContext,
    estimatedDuration: number | null,
    former?: FormerBuild,
  ) {
    this.source = source;
    this.#context = context;
    const steps = isDraft(source) ? [] : source.steps;
    this.#mask = this.#maskFor(steps);
    this.#programFolders = isDraft(source) ? undefined : source.programFolders;
    this.#pins = source.pins ?? [];
    const buildId = former?.record.id ?? createBuildId();
    this.#emitter = new BuildEmitter({
      buildId,
      lineCount: former?.lineCount ?? 0,
      mask: () => this.#mask,
      onLine: context.onLine,
      onState: context.onState,
      onHint: context.onHint,
      onFailure: (error) => this.#stopUndelivered(error),
    });
    this.#lines = new StepLines(this.#emitter, context.logLimit);
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    const record = queuedRecord(source, {
      id: buildId,
      steps: isDraft(source) ? [pendingStep(PLAN_STEP, "")] : this.#pendingSteps(steps),
      estimatedDuration,
      queuedAt: former?.record.queuedAt ?? now(),
    });
    this.#state = new BuildState(record, this.#emitter);
  }

  /** The current state. A record never changes; a change of the build makes a new one. */
  get record(): BuildRecord {
    return this.#state.record;
  }

  /** The directories it works in. Two installs in the same directory would break each other. */
  get directories(): ReadonlySet<string> {
    const { source } = this;
    const places = isDraft(source) ? source.directories : source.steps.map(({ cwd }) => cwd);
    return new Set([source.projectPath, ...places]);
  }

  /** Whether it was stopped: cancelled, timed out, or stopped because its events could not be delivered. */
  get isStopping(): boolean {
    return this.#stop !== undefined;
  }

  /** Whether a process of an earlier step could not be ended in time. */
  get hasLeftProcesses(): boolean {
    return this.#hasLeftProcesses;
  }

  /** Sets the position in the queue, 1 for the next build, without an event. */
  set queuePosition(position: number) {
    this.#state.setPosition(position);
  }

  /** Emits the state of a queued build, unless its position is the one that was emitted last. */
  emitPosition(): void {
    this.#state.emitPosition();
  }

  /** Runs the steps. Called once, on a queued build. Never rejects. */
  async run(): Promise<void> {
    const { source } = this;
    const { env, cgroups } = this.#context;
    const { timeout = this.#context.timeout } = source;
    const start = performance.now();
    const timer = timeout === 0 ? undefined : setTimeout(() => this.#timeOut(null, timeout), timeout);
    this.#state.update({ status: "running", queuePosition: null, startedAt: now() });
    if (!isDraft(source)) this.#emitLines(null, planLines(source));
    let plan = isDraft(source) ? await this.#makePlan(source.plan, PLAN_STEP) : source;
    if (plan !== undefined) this.#emitLines(null, environmentLines(source, env, cgroups.logWarning));
    if (!isDraft(source) && source.steps.length > 0) await this.#prepare();
    // A plan without steps ends at once.
    while (plan !== undefined && plan.steps.length > 0) {
      await this.#runSteps(plan);
      plan = plan.next && (await this.#makePlan(plan.next, NEXT_PLAN_STEP));
    }
    if (this.#state.steps.some(({ command }) => command !== "")) await this.#readResult();
    clearTimeout(timer);
    if (this.#state.steps.length > 0) await this.#folders.remove();
    // A build whose events could not be delivered, e.g. because the disk is full, has not succeeded.
    if (this.#state.steps.length > 0 && !this.#hasFailed) await this.#unlessStopped(this.#emitter.delivered);
    this.#end(`succeeded in ${formatDuration(performance.now() - start)}`);
  }

  /**
   * Stops the build: at once while it is queued, otherwise by ending the current step. A second call kills processes
   * that have not ended yet.
   *
   * @param text - The start of the sentence about the end.
   */
  cancel(text = "cancelled"): void {
    if (this.#stop !== undefined) this.#killing.abort();
    this.#halt({ status: "cancelled", text });
    if (this.#state.isQueued) this.#end();
  }

  get #hasFailed(): boolean {
    return this.#stop !== undefined || this.#failure !== undefined;
  }

  #emitLines(step: string | null, texts: readonly string[]): void {
    for (const text of texts) void this.#emitter.emitLine({ step, text });
  }

  #maskFor(steps: readonly Step[]): Mask | undefined {
    const { projectVariables, variables } = this.source;
    return this.#context.secrets.maskFor(steps, variableSecrets(projectVariables, variables));
  }

  #pendingSteps(steps: readonly Step[]): StepRecord[] {
    return steps.map(({ name, command, args }) => {
      return pendingStep(name, this.#emitter.masked(formatCommand(command, args)));
    });
  }

  /** Runs a step that makes a plan. Returns `undefined` when it failed, or the build was stopped. */
  async #makePlan(make: PlanDraft["plan"], name: string): Promise<Plan | undefined> {
    const { nice, cgroups, killGrace, env } = this.#context;
    if (name === PLAN_STEP) await this.#prepare();
    if (this.#hasFailed) return undefined;
    const draft: PlanDraft = { directories: [...this.directories], ...this.source, plan: make };
    const index = this.#state.nextStep;
    this.#state.updateStep(index, { status: "running", startedAt: now() });
    const { signal } = this.#stopping;
    const context: PlanContext = {
      signal,
      say: (text) => void (signal.aborted || this.#emitter.emitLine({ step: name, text })),
      makeFolder: () => this.#folders.make(),
      limits: { nice, folder: cgroups.folder, signal, cookie: this.#cookie },
    };
    const plan = await makePlan(draft, context, { killGrace, forceSignal: this.#killing.signal });
    // Not at the same time: a program that ends also ends every other process with the cookie of the build.
    const git = typeof plan === "string" ? null : await readGit(draft.projectPath, env, context.limits);
    const finishedAt = now();
    if (typeof plan === "string" || this.#stop !== undefined) {
      if (typeof plan === "string" && this.#stop === undefined) this.#failure = { step: name, text: plan };
      if (this.#failure !== undefined) context.say(this.#failure.text);
      this.#state.updateStep(index, { status: this.#stop?.status ?? "failed", finishedAt });
      return undefined;
    }
    this.#mask = this.#maskFor(plan.steps);
    this.#pins = plan.pins ?? [];
    this.#programFolders = plan.programFolders;
    this.#emitLines(name, [...planLines(plan), ...(git === null ? [] : [describeGit(git)])]);
    const steps = this.#state.steps.map((step, at): StepRecord => {
      return at === index ? { ...step, status: "succeeded", finishedAt } : step;
    });
    const next = plan.next === undefined ? [] : [pendingStep(NEXT_PLAN_STEP, "")];
    this.#state.update({
      ...{ packageManager: plan.packageManager, nodeVersion: plan.nodeVersion ?? null },
      git: maskGit(git, this.#mask),
      steps: [...steps, ...this.#pendingSteps(plan.steps), ...next],
    });
    return plan;
  }

  async #runSteps({ steps }: Plan): Promise<void> {
    const first = this.#state.nextStep;
    for (const [index, step] of steps.entries()) {
      if (this.#hasFailed) return;
      await this.#runStep(first + index, step);
    }
  }

  async #readResult(): Promise<void> {
    const { projectPath, startedAt } = this.record;
    if (this.#hasFailed) return;
    const { signal } = this.#stopping;
    const before = this.#context.lastResult(this.record);
    const result = await readResult(projectPath, { since: Date.parse(startedAt ?? ""), before, signal });
    if (signal.aborted) return;
    this.#state.change({ result });
    this.#emitLines(null, describeResultFolders(result));
  }

  async #runStep(index: number, step: Step): Promise<void> {
    const { name } = step;
    const start = performance.now();
    this.#state.updateStep(index, { status: "running", startedAt: now() });
    const command = formatCommand(step.command, step.args);
    void this.#emitter.emitLine({ step: name, text: `$ ${command} (in ${step.cwd})` });
    const { signal } = this.#stopping;
    const say = (text: string): void => void this.#emitter.emitLine({ step: name, text });
    const isRetried = step.retry === "network";
    const run = (tail: OutputTail): Promise<StepResult> => this.#runCommand(index, step, tail);
    const { result, hint } = await runExplained(run, { isRetried, signal, say });
    await endWatch(step, result, signal, say);
    this.#lines.emitTail(name);
    const text = describeResult(name, result);
    const change = recordResult(result, this.#stop?.status ?? "cancelled");
    if (change.status === "failed" && this.#stop === undefined) {
      this.#failure = { step: name, text };
      if (hint !== undefined) {
        this.#state.change({ hint });
        this.#emitter.emitHint(name, hint);
      }
    }
    this.#state.updateStep(index, { ...change, finishedAt: now() });
    const duration = formatDuration(performance.now() - start);
    void this.#emitter.emitLine({
      step: name,
      text: result.type === "not-started" ? text : `${text} after ${duration}`,
    });
  }

  #runCommand(index: number, step: Step, tail: OutputTail): Promise<StepResult> {
    const say = (text: string): void => void this.#emitter.emitLine({ step: step.name, text });
    const { folder } = this.#context.cgroups;
    return runInCgroup(folder, this.record.id, say, (cgroup) => this.#runIn(cgroup, index, step, tail));
  }

  #runIn(cgroup: StepCgroup | undefined, index: number, step: Step, tail: OutputTail): Promise<StepResult> {
    const { env, killGrace, silence, nice, output, onSpawn, onLeft } = this.#context;
    const layered = addToPath(addVariables(env, this.source, step.env), this.#programFolders);
    const run = step.run ?? ((options: StepRunOptions) => runStep({ ...step, env: undefined }, options));
    return run({
      signal: this.#stopping.signal,
      forceSignal: this.#killing.signal,
      env: layered,
      killGrace: Math.max(killGrace, step.killGrace ?? 0),
      silence,
      nice,
      cgroup,
      output,
      cookie: this.#cookie,
      verify: async () => (await pinProblem(this.#pins)) ?? (await step.watch?.onStart()),
      onSilence: () => this.#timeOut(step.name, silence),
      onSpawn: (identity) => void this.#unlessFailing(() => onSpawn(this.record.id, identity)),
      onLeft: (gone) => {
        this.#hasLeftProcesses = true;
        onLeft(this, gone);
      },
      mask: this.#mask,
      onRead: this.#state.noteOutput,
      onLines: (lines) => {
        tail.add(lines);
        return this.#lines.emit(step.name, lines, () => this.#state.steps[index]?.status === "running");
      },
    });
  }

  /** Waits until the cookie is stored. A stop ends the wait. */
  async #prepare(): Promise<void> {
    const { onStart } = this.#context;
    await this.#unlessStopped(this.#unlessFailing(() => onStart(this.record.id, this.#cookie)));
  }

  async #unlessStopped(promise: Promise<unknown>): Promise<void> {
    const { signal } = this.#stopping;
    const stopped = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    if (!signal.aborted) await Promise.race([promise, stopped]);
  }

  async #unlessFailing(call: () => void | Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#stopUndelivered(error);
    }
  }

  /** @param success - The sentence about a build that neither failed nor was stopped. */
  #end(success = ""): void {
    const { steps } = this.record;
    const skipped = steps.filter(({ status }) => status === "pending");
    const stopped = this.#stop && `${this.#stop.text} ${describePosition(this.record)}`;
    const message = this.#emitter.masked(stopped ?? this.#failure?.text ?? success);
    const finishedAt = now();
    // Changed before the last lines: a consumer that cancels at one of them learns that the build has ended.
    this.#state.change({
      status: this.#stop?.status ?? (this.#failure === undefined ? "succeeded" : "failed"),
      queuePosition: null,
      message,
      steps: steps.map((step) => (skipped.includes(step) ? { ...step, status: "skipped" } : step)),
      finishedAt,
    });
    const because = this.#stop === undefined ? `${this.#failure?.step} failed` : "the build was stopped";
    for (const { name } of skipped) {
      void this.#emitter.emitLine({ step: name, text: `${name} skipped because ${because}`, time: finishedAt });
    }
    for (const text of lastLines(message, this.record.hint)) void this.#emitter.emitLine({ text, time: finishedAt });
    this.#resolveEnded(this.#emitter.emit({ type: "end", build: this.record }));
    this.#context.onEnd(this);
  }

  #halt(stop: Stop): void {
    this.#stop ??= stop;
    this.#stopping.abort();
  }

  /**
   * Stops a build that has reached one of its two time limits.
   *
   * @param silentStep - The step that has printed nothing; `null`: the whole build took too long.
   * @param milliseconds - The limit.
   */
  #timeOut(silentStep: string | null, milliseconds: number): void {
    if (this.#stop !== undefined) return;
    const { line, stop } = describeTimeout(silentStep, milliseconds);
    void this.#emitter.emitLine({ step: silentStep, text: line });
    this.#halt(stop);
  }

  /** Stops a build whose events cannot be delivered or stored: it must not run unobserved. */
  #stopUndelivered(error: unknown): void {
    if (!this.#hasReported) this.#context.onFailure(this.record, error);
    this.#hasReported = true;
    this.#halt({ status: "failed", text: describeUndelivered(error, this.#context.isStored) });
  }
}
