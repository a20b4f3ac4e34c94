import { MAX_DELAY, checkInteger, checkTexts, checkValue, kinds } from "../check.ts";
import { TailcastError } from "../error.ts";
import { Build } from "./build.ts";
import { checkPlan } from "./check-plan.ts";
import { buildEnvironment } from "./environment.ts";
import { estimateDuration } from "./estimate.ts";
import { QueuePositions } from "./queue-positions.ts";
import { Secrets } from "./secrets.ts";
import type { TailcastErrorCode } from "../error.ts";
import type { BuildContext } from "./build.ts";
import type { BuildEvent } from "./events.ts";
import type { Environment } from "./find-program.ts";
import type { Plan } from "./plan.ts";
import type { ProcessIdentity } from "./process-identity.ts";
import type { BuildRecord } from "./record.ts";

const MIB = 1024 * 1024;

/** The options of a {@link BuildQueue}. Only `onEvent` is required. */
export interface BuildQueueOptions {
  /** How many builds run at once. Default 2. */
  concurrency?: number | undefined;
  /** How many builds may wait. Default 20. */
  queueLimit?: number | undefined;
  /** The longest a build may run, in milliseconds. Default 1 800 000, half an hour; 0 means as long as it likes. */
  timeoutMs?: number | undefined;
  /**
   * How long a step may print nothing, in milliseconds; then the build is stopped as timed out. Default 0: as long as
   * it likes, since some linkers and bundlers say nothing for minutes, and `timeoutMs` ends what hangs.
   */
  silenceMs?: number | undefined;
  /** The niceness of the commands, from 0 to 19; never less than that of this process. Default 0. */
  nice?: number | undefined;
  /** How many builds that have ended stay known; of more, the one that ended first is forgotten. Default 20. */
  keep?: number | undefined;
  /** How long the processes of a build get between SIGTERM and SIGKILL, in milliseconds. Default 5000. */
  killGraceMs?: number | undefined;
  /** The environment of every step. Default: {@link buildEnvironment}. */
  env?: Environment | undefined;
  /**
   * The names of variables whose values are replaced by `***` in everything that is given out, beside those with usual
   * names like `NPM_TOKEN` or `DB_PASSWORD`. A value of less than 4 characters (6 where only the name tells) is not.
   */
  mask?: readonly string[] | undefined;
  /**
   * How many bytes of lines a build may give out, a line being its text in UTF-8 and 100 bytes more; at least 1, or
   * `Infinity`. Then the build runs on, and of each step's further lines only the last 500, of at most 256 KiB, are
   * given out, when it has ended. Default 100 MiB.
   */
  logLimitBytes?: number | undefined;
  /** Secrets that are in no variable of the builds, to be replaced, too. */
  maskValues?: readonly string[] | undefined;
  /**
   * Gets everything that happens, in order. For a line of output, a returned promise holds the command back until it
   * resolves; for every other event it holds back only {@link BuildQueue.close}. When it throws or rejects, that build
   * is stopped as failed.
   */
  onEvent: (event: BuildEvent) => void | Promise<void>;
  /**
   * Called before the first command of a build starts, with the cookie that all its processes will carry in their
   * environment. Stored, it lets a later process find them: see `endOrphans`. The command waits for a returned promise.
   * When it throws or rejects, the build is stopped as failed.
   */
  onStart?: ((buildId: string, cookie: string) => void | Promise<void>) | undefined;
  /**
   * Called right after a command has started, with what names its process for ever; to be stored like the cookie. Linux
   * only. When it throws or rejects, the build is stopped as failed.
   */
  onSpawn?: ((buildId: string, identity: ProcessIdentity) => void | Promise<void>) | undefined;
  /** Called when a build is forgotten, so that what is kept for it can be dropped. Must not throw. */
  onForget?: ((id: string) => void) | undefined;
}

/**
 * Runs builds: a few at a time, first come, first served, one for each project. Builds that work in the same directory,
 * like members of one monorepo that install in its root, never run at the same time.
 */
export class BuildQueue {
  /** What the person who set the options should know: a sentence for each secret that cannot be masked. */
  readonly warnings: readonly string[];
  readonly #concurrency: number;
  readonly #queueLimit: number;
  readonly #keep: number;
  readonly #onForget: (id: string) => void;
  readonly #context: BuildContext;
  /** All that are known, the oldest first. */
  readonly #builds = new Map<string, Build>();
  readonly #waiting = new Set<Build>();
  readonly #positions = new QueuePositions(this.#waiting);
  readonly #running = new Set<Build>();
  /** In the order in which they ended. */
  readonly #ended = new Set<Build>();
  #isClosed = false;

  /** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
  constructor(options: BuildQueueOptions) {
    checkValue("options", options, kinds.object);
    const { env = buildEnvironment(), mask = [], maskValues = [], onEvent } = options;
    const { onStart = () => undefined, onSpawn = () => undefined, onForget = () => undefined } = options;
    this.#concurrency = checkInteger("concurrency", options.concurrency ?? 2, { min: 1 });
    this.#queueLimit = checkInteger("queueLimit", options.queueLimit ?? 20, { min: 0 });
    this.#keep = checkInteger("keep", options.keep ?? 20, { min: 0 });
    this.#onForget = checkValue("onForget", onForget, kinds.function);
    const secrets = new Secrets({
      env: checkValue("env", env, kinds.object),
      names: checkTexts("mask", mask),
      values: checkTexts("maskValues", maskValues),
    });
    this.warnings = secrets.problems;
    this.#context = {
      timeoutMs: checkInteger("timeoutMs", options.timeoutMs ?? 30 * 60_000, { min: 0, max: MAX_DELAY }),
      silenceMs: checkInteger("silenceMs", options.silenceMs ?? 0, { min: 0, max: MAX_DELAY }),
      nice: checkInteger("nice", options.nice ?? 0, { min: 0, max: 19 }),
      killGraceMs: checkInteger("killGraceMs", options.killGraceMs ?? 5000, { min: 0, max: MAX_DELAY }),
      logLimitBytes: checkInteger("logLimitBytes", options.logLimitBytes ?? 100 * MIB, { min: 1, orInfinity: true }),
      env,
      secrets,
      onEvent: checkValue("onEvent", onEvent, kinds.function),
      onStart: checkValue("onStart", onStart, kinds.function),
      onSpawn: checkValue("onSpawn", onSpawn, kinds.function),
      onEnd: (build) => this.#settle(build),
    };
  }

  /**
   * Accepts a build. Its first event is given out before this returns, and when there is room it has started by then.
   *
   * @throws {TailcastError} `INVALID_OPTION` when the plan has another form, naming the property, e.g.
   * `plan.steps[0].args`; `SHUTTING_DOWN` after {@link close}; `ALREADY_BUILDING` when the project is queued or
   * running, with that build's id as `buildId`; `QUEUE_FULL` when as many builds wait as may.
   */
  add(plan: Plan): BuildRecord {
    checkPlan(plan);
    if (this.#isClosed) throw refusal("SHUTTING_DOWN", "the server is shutting down");
    const twin = [...this.#running, ...this.#waiting].find(({ record }) => record.projectPath === plan.projectPath);
    if (twin !== undefined) {
      const reason = `${plan.projectName} is being built already; follow that build, or cancel it`;
      throw refusal("ALREADY_BUILDING", reason, twin.record.id);
    }
    const build = new Build(plan, this.#context, estimateDuration(plan, this.list()));
    if (this.#waiting.size >= this.#queueLimit && this.#mustWait(build)) {
      throw refusal("QUEUE_FULL", `as many builds are waiting as may (${this.#waiting.size}); try again later`);
    }
    this.#builds.set(build.record.id, build);
    this.#waiting.add(build);
    build.place(this.#waiting.size);
    build.announce();
    this.#startWaiting();
    return build.record;
  }

  /** One build, as it is now. @throws {TailcastError} `BUILD_NOT_FOUND` when there was none, or it was forgotten. */
  get(id: string): BuildRecord {
    this.#positions.update();
    return this.#find(id).record;
  }

  /** All builds that are known, as they are now, the newest first. */
  list(): BuildRecord[] {
    this.#positions.update();
    return Array.from(this.#builds.values(), ({ record }) => record).reverse();
  }

  /**
   * Cancels a build. One that waits has ended when this returns; one that runs ends later: its processes get SIGTERM,
   * and SIGKILL after `killGraceMs`, or at once when this is called again.
   *
   * @throws {TailcastError} `BUILD_NOT_FOUND`; `BUILD_ENDED` when it has ended already.
   */
  cancel(id: string): BuildRecord {
    const build = this.#find(id);
    if (build.record.finishedAt !== null) {
      throw new TailcastError("BUILD_ENDED", `Cannot cancel the build: it has ended already (${build.record.status})`);
    }
    build.cancel();
    return build.record;
  }

  /**
   * Accepts no more builds and cancels all that wait or run. Resolves when their last events were taken. Called again, it
   * no longer waits for processes that take their time to end.
   */
  async close(): Promise<void> {
    const isUrgent = this.#isClosed;
    this.#isClosed = true;
    const builds = [...this.#builds.values()];
    for (const build of [...this.#waiting, ...this.#running]) {
      // To cancel a running build twice kills it.
      if (isUrgent || build.record.status === "queued" || !build.isStopping) build.cancel("cancelled by the shutdown");
    }
    await Promise.all(builds.map(({ ended }) => ended));
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #find(id: string): Build {
    const build = this.#builds.get(id);
    if (build !== undefined) return build;
    const message = "Cannot find the build: no build has this id, or it was forgotten since";
    throw new TailcastError("BUILD_NOT_FOUND", message);
  }

  #mustWait(build: Build): boolean {
    const taken = directoriesOf([...this.#running, ...this.#waiting]);
    return this.#running.size >= this.#concurrency || overlaps(build, taken);
  }

  #startWaiting(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#waiting.delete(next);
      this.#positions.move();
      this.#running.add(next);
      void next.run();
    }
  }

  /** The first that waits and may start now. */
  #next(): Build | undefined {
    if (this.#isClosed || this.#running.size >= this.#concurrency) return undefined;
    const taken = directoriesOf(this.#running);
    for (const build of this.#waiting) {
      if (!overlaps(build, taken)) return build;
      // Its directories count as taken while it waits: otherwise later builds could overtake it for ever.
      for (const directory of build.directories) taken.add(directory);
    }
    return undefined;
  }

  /** A build has ended: the next may start, and the oldest may be forgotten. */
  #settle(build: Build): void {
    if (this.#waiting.delete(build)) this.#positions.move();
    this.#running.delete(build);
    this.#ended.add(build);
    this.#startWaiting();
    for (const old of this.#ended) {
      if (this.#ended.size <= this.#keep) return;
      this.#ended.delete(old);
      this.#builds.delete(old.record.id);
      this.#onForget(old.record.id);
    }
  }
}

function directoriesOf(builds: Iterable<Build>): Set<string> {
  return new Set(Array.from(builds, ({ directories }) => [...directories]).flat());
}

function overlaps(build: Build, taken: ReadonlySet<string>): boolean {
  return [...build.directories].some((directory) => taken.has(directory));
}

function refusal(code: TailcastErrorCode, reason: string, buildId?: string): TailcastError {
  return new TailcastError(code, `Cannot accept the build: ${reason}`, buildId === undefined ? {} : { buildId });
}
