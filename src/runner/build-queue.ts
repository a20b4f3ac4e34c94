import { MAX_DELAY, checkChoice, checkInteger, checkTexts, checkValue, kinds } from "../check-options.ts";
import { TailcastError } from "../error.ts";
import { Build } from "./build.ts";
import { checkSource } from "./planning/check-plan.ts";
import { MAX_PIDS, openCgroups } from "./cgroup/open-cgroups.ts";
import { buildEnvironment } from "./program/environment.ts";
import { outputModes } from "./output/output-pipes.ts";
import { estimateDuration } from "./estimate.ts";
import { QueuePositions } from "./queue-positions.ts";
import { resultBefore } from "./result/build-result.ts";
import { Retention } from "./store/retention.ts";
import { Secrets } from "./output/secrets.ts";
import { settlesWithin } from "./process/waiting.ts";
import { StateWriter } from "./store/state-writer.ts";
import type { TailcastErrorCode } from "../error.ts";
import type { BuildContext } from "./build-context.ts";
import type { BuildQueueOptions, QueueCloseOptions } from "./build-queue-options.ts";
import type { BuildEvent, BuildStateEvent } from "./events.ts";
import type { PlanRequest } from "./planning/build-planner.ts";
import type { Plan } from "./planning/plan.ts";
import type { PlanDraft } from "./planning/plan-draft.ts";
import type { BuildRecord } from "./record.ts";

const MIB = 1024 * 1024;

const NO_PROCESSES = { cookie: null, identity: null } as const;

/** A build that is queued or runs here, or one that has ended, perhaps in an earlier process. */
type KnownBuild = Pick<Build, "record">;

/**
 * Runs builds: a limited number at a time, in the order of acceptance, and at most one of each project. Builds that
 * work in the same directory, such as members of one monorepo that install in its root, never run at the same time.
 */
export class BuildQueue {
  /** Problems with the options, such as secrets that cannot be masked and limits that cannot be enforced. */
  readonly warnings: readonly string[];
  readonly #concurrency: number;
  readonly #queueLimit: number;
  readonly #stateWriter: StateWriter | undefined;
  readonly #retention: Retention;
  readonly #context: BuildContext;
  /** The oldest first. */
  readonly #builds = new Map<string, KnownBuild>();
  readonly #waiting = new Set<Build>();
  readonly #positions = new QueuePositions(this.#waiting);
  readonly #running = new Set<Build>();
  #isClosed = false;

  /** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
  constructor(options: BuildQueueOptions) {
    checkValue("options", options, kinds.object);
    const { env = buildEnvironment(), mask = [], maskValues = [], onEvent } = options;
    const { onStart = () => undefined, onSpawn = () => undefined, onForget = () => undefined, store } = options;
    const { onFailure = () => undefined } = options;
    for (const [name, callback] of Object.entries({ onEvent, onStart, onSpawn, onForget, onFailure })) {
      checkValue(name, callback, kinds.function);
    }
    this.#concurrency = checkInteger("concurrency", options.concurrency ?? 2, { min: 1 });
    this.#queueLimit = checkInteger("queueLimit", options.queueLimit ?? 20, { min: 0 });
    this.#retention = new Retention(options, (id) => {
      this.#builds.delete(id);
      onForget(id);
    });
    const writer = store && new StateWriter(store);
    this.#stateWriter = writer;
    const secrets = new Secrets({
      env: checkValue("env", env, kinds.object),
      names: checkTexts("mask", mask),
      values: checkTexts("maskValues", maskValues),
    });
    const { cgroup } = options;
    const cgroups = openCgroups(
      cgroup === undefined ? undefined : checkValue("cgroup", cgroup, kinds.filledText),
      checkInteger("pids", options.pids ?? 0, { min: 0, max: MAX_PIDS }),
    );
    this.warnings = [...secrets.problems, ...(cgroups.warning === undefined ? [] : [cgroups.warning])];
    this.#context = {
      timeout: checkInteger("timeout", options.timeout ?? 30 * 60_000, { min: 0, max: MAX_DELAY }),
      silence: checkInteger("silence", options.silence ?? 0, { min: 0, max: MAX_DELAY }),
      nice: checkInteger("nice", options.nice ?? 0, { min: 0, max: 19 }),
      cgroups,
      output: checkChoice("output", options.output ?? "merged", outputModes),
      killGrace: checkInteger("killGrace", options.killGrace ?? 5000, { min: 0, max: MAX_DELAY }),
      logLimit: checkInteger("logLimit", options.logLimit ?? 100 * MIB, { min: 1, orInfinity: true }),
      env,
      secrets,
      onLine: onEvent,
      onHint: onEvent,
      onState: writer === undefined ? onEvent : (event) => this.#writeState(writer, event, deliver(onEvent, event)),
      onStart: (id, cookie) => all(writer?.writeProcesses(id, { cookie }), onStart(id, cookie)),
      onSpawn: (id, identity) => all(writer?.writeProcesses(id, { identity }), onSpawn(id, identity)),
      onLeft: (build, gone) => void this.#forgetProcesses(build, gone),
      isStored: writer !== undefined,
      lastResult: (build) => resultBefore(build, this.list()),
      onFailure,
      onEnd: (build) => this.#removeEnded(build),
    };
  }

  /**
   * Accepts a build. A draft is planned when the build runs. The first event is emitted before this returns. If
   * `concurrency` allows, the build has started by then.
   *
   * @throws {TailcastError} `INVALID_OPTION` when the plan does not have the form of its type, naming the property,
   * e.g.
   * `plan.steps[0].args`; `SHUTTING_DOWN` after {@link close}; `ALREADY_BUILDING` when the project is queued or
   * running, with that build's id as `buildId`; `QUEUE_FULL` when `queueLimit` builds are queued.
   */
  add(plan: Plan | PlanDraft): BuildRecord {
    checkSource(plan);
    if (this.#isClosed) throw refusal("SHUTTING_DOWN", "the server is shutting down");
    const twin = [...this.#running, ...this.#waiting].find(({ record }) => record.projectPath === plan.projectPath);
    if (twin !== undefined) {
      const reason = `${plan.projectName} is already being built; follow or cancel that build`;
      throw refusal("ALREADY_BUILDING", reason, twin.record.id);
    }
    const build = new Build(plan, this.#context, estimateDuration(plan, this.list()));
    if (this.#waiting.size >= this.#queueLimit && this.#mustWait(build)) {
      throw refusal("QUEUE_FULL", `the queue is full (${countBuilds(this.#waiting.size)}); try again later`);
    }
    this.#enqueue(build);
    this.#startWaiting();
    return build.record;
  }

  /**
   * Resolves when the state of a build is stored; without the option `store`, at once. Rejects when the state could not
   * be stored: then the build is stopped. Call it right after {@link add}.
   */
  async stored(id: string): Promise<void> {
    await this.#stateWriter?.stored(id);
  }

  /**
   * Restores a build of an earlier process. Without a plan, it is a build that has ended. With a plan, it is a build
   * that was queued: it is added to the end of the queue, which may exceed its limit. Restore the oldest build first,
   * and call {@link start} after the last one.
   *
   * Make a new plan, with the checks of a request. Plans are not stored: anyone who can write a file could plant one,
   * which would run any command.
   *
   * @param lineCount - How many lines of a queued build the earlier process emitted.
   */
  async restore(record: BuildRecord, plan?: Plan | PlanDraft, lineCount = 0): Promise<void> {
    if (plan !== undefined) {
      const former = { record, lineCount };
      this.#enqueue(new Build(plan, this.#context, estimateDuration(plan, this.list()), former));
      return;
    }
    this.#builds.set(record.id, { record });
    await this.#retention.add(record.id);
  }

  /** Starts restored builds as far as `concurrency` allows. */
  start(): void {
    this.#startWaiting();
  }

  /**
   * The current record of a build.
   *
   * @throws {TailcastError} `BUILD_NOT_FOUND` when no build has this id, or the build was forgotten.
   */
  get(id: string): BuildRecord {
    this.#positions.update();
    return this.#find(id).record;
  }

  /** The current records of all builds, the newest first. */
  list(): BuildRecord[] {
    this.#positions.update();
    return Array.from(this.#builds.values(), ({ record }) => record).reverse();
  }

  /**
   * Cancels a build. A queued build has ended when this returns. A running build ends later: its processes get SIGTERM,
   * and SIGKILL after `killGrace`, or at once when this is called again.
   *
   * @throws {TailcastError} `BUILD_NOT_FOUND`; `BUILD_ENDED` when it has ended already.
   */
  cancel(id: string): BuildRecord {
    const build = this.#find(id);
    if (!(build instanceof Build) || build.record.finishedAt !== null) {
      throw new TailcastError("BUILD_ENDED", `Cannot cancel the build: it has already ended (${build.record.status})`);
    }
    build.cancel();
    return build.record;
  }

  /**
   * Accepts and starts no more builds, and cancels the running ones. Queued builds are cancelled too, unless they are
   * stored: then the next process runs them. Resolves when the consumer has accepted the last events. A second call
   * kills the processes that have not ended.
   */
  async close({ grace = 0 }: QueueCloseOptions = {}): Promise<void> {
    checkInteger("grace", grace, { min: 0, max: MAX_DELAY });
    const isUrgent = this.#isClosed;
    this.#isClosed = true;
    const builds = [...this.#builds.values()].filter((build) => build instanceof Build);
    // The next process runs stored builds.
    const waiting = new Set(this.#stateWriter === undefined ? [] : this.#waiting);
    if (!isUrgent && grace > 0) {
      await settlesWithin(Promise.all([...this.#running].map(({ ended }) => ended)), grace);
    }
    for (const build of [...this.#waiting, ...this.#running]) {
      // A second cancel of a running build kills its processes.
      const isLeft = waiting.has(build) || (!isUrgent && build.record.status === "running" && build.isStopping);
      if (isLeft) continue;
      if (isUrgent && !build.isStopping) build.cancel("cancelled by the shutdown");
      build.cancel("cancelled by the shutdown");
    }
    await Promise.all(builds.filter((build) => !waiting.has(build)).map(({ ended }) => ended));
    await Promise.all([this.#retention.idle(), this.#context.cgroups.folder?.close()]);
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * The request for a build, to repeat it.
   *
   * @throws {TailcastError} `BUILD_NOT_FOUND`; `MISSING_VARIABLES` when only an earlier process had the values of its
   * variables.
   */
  inputs(id: string): PlanRequest {
    const build = this.#find(id);
    const { projectPath, script, install, variables: names, color } = build.record;
    const variables = build instanceof Build ? build.source.variables : undefined;
    if (names.length > 0 && variables === undefined) {
      const reason = `the values of its variables (${names.join(", ")}) are not stored; start a new build with them`;
      throw new TailcastError("MISSING_VARIABLES", `Cannot repeat the build: ${reason}`);
    }
    const choices = { script: script ?? undefined, install: install ?? undefined, color: color ?? undefined };
    return { projectPath, ...choices, variables };
  }

  #enqueue(build: Build): void {
    this.#builds.set(build.record.id, build);
    this.#waiting.add(build);
    build.queuePosition = this.#waiting.size;
    build.emitPosition();
  }

  #find(id: string): KnownBuild {
    const build = this.#builds.get(id);
    if (build !== undefined) return build;
    const message = "Cannot find the build: no build has this id, or it was removed since";
    throw new TailcastError("BUILD_NOT_FOUND", message);
  }

  #mustWait(build: Build): boolean {
    const reserved = directoriesOf([...this.#running, ...this.#waiting]);
    return this.#running.size >= this.#concurrency || overlaps(build, reserved);
  }

  #startWaiting(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#waiting.delete(next);
      this.#positions.advance();
      this.#running.add(next);
      void next.run();
    }
  }

  /** The first queued build that may start now. */
  #next(): Build | undefined {
    if (this.#isClosed || this.#running.size >= this.#concurrency) return undefined;
    const reserved = directoriesOf(this.#running);
    for (const build of this.#waiting) {
      if (!overlaps(build, reserved)) return build;
      // Its directories are reserved while it is queued: otherwise later builds could overtake it forever.
      for (const directory of build.directories) reserved.add(directory);
    }
    return undefined;
  }

  /** The cookie of a build stays stored as long as a process could carry it: the next server ends those processes. */
  #writeState(writer: StateWriter, event: BuildStateEvent, delivery: Promise<void>): Promise<void> {
    const build = this.#builds.get(event.build.id);
    const mayBeLeft = event.type !== "end" || (build instanceof Build && build.hasLeftProcesses);
    return writer.write(event.build, delivery, mayBeLeft ? {} : NO_PROCESSES);
  }

  async #forgetProcesses(build: Build, gone: Promise<boolean>): Promise<void> {
    const [areGone] = await Promise.all([gone, build.ended]);
    // If this fails, the next process finds nothing to end.
    if (areGone) await this.#stateWriter?.writeProcesses(build.record.id, NO_PROCESSES).catch(() => undefined);
  }

  /** Called when a build has ended: the next build may start, and the oldest may be forgotten. */
  #removeEnded(build: Build): void {
    if (this.#waiting.delete(build)) this.#positions.advance();
    this.#running.delete(build);
    // Before the next build starts: that build may end immediately, and must count as the newer one.
    void this.#retention.add(build.record.id, build.ended);
    this.#startWaiting();
  }
}

/** Calls `onEvent` immediately. An error that it throws becomes a rejection. */
async function deliver(onEvent: BuildQueueOptions["onEvent"], event: BuildEvent): Promise<void> {
  await onEvent(event);
}

async function all(...promises: readonly (void | Promise<void> | undefined)[]): Promise<void> {
  await Promise.all(promises);
}

function directoriesOf(builds: Iterable<Build>): Set<string> {
  return new Set(Array.from(builds, ({ directories }) => [...directories]).flat());
}

function overlaps(build: Build, reserved: ReadonlySet<string>): boolean {
  return [...build.directories].some((directory) => reserved.has(directory));
}

function countBuilds(count: number): string {
  return `${count} ${count === 1 ? "build" : "builds"}`;
}

function refusal(code: TailcastErrorCode, reason: string, buildId?: string): TailcastError {
  return new TailcastError(code, `Cannot accept the build: ${reason}`, buildId === undefined ? {} : { buildId });
}
