import { MAX_DELAY, checkInteger, checkTexts, checkValue, kinds } from "../check-options.ts";
import { TailcastError } from "../error.ts";
import { Build } from "./build.ts";
import { checkPlan } from "./check-plan.ts";
import { buildEnvironment } from "./process/environment.ts";
import { estimateDuration } from "./estimate.ts";
import { QueuePositions } from "./queue-positions.ts";
import { Retention } from "./store/retention.ts";
import { Secrets } from "./output/secrets.ts";
import { settlesWithin } from "./process/settles-within.ts";
import { StateWriter } from "./store/state-writer.ts";
import type { TailcastErrorCode } from "../error.ts";
import type { BuildContext } from "./build.ts";
import type { BuildStore } from "./store/build-store.ts";
import type { BuildEvent } from "./events.ts";
import type { Environment } from "./process/find-program.ts";
import type { Plan } from "./plan.ts";
import type { ProcessIdentity } from "./process/identity.ts";
import type { BuildRecord } from "./record.ts";
import type { RetentionOptions } from "./store/retention.ts";

const MIB = 1024 * 1024;

/** The options of a {@link BuildQueue}. Only `onEvent` is required. */
export interface BuildQueueOptions extends Pick<RetentionOptions, "keep" | "keepSize"> {
  /** How many builds run at once. Default 2. */
  concurrency?: number | undefined;
  /** How many builds may wait. Default 20. */
  queueLimit?: number | undefined;
  /** The longest a build may run, in milliseconds. Default 1 800 000, half an hour; 0 means as long as it likes. */
  timeout?: number | undefined;
  /**
   * How long a step may print nothing, in milliseconds; then the build is stopped as timed out. Default 0: as long as
   * it likes, since some linkers and bundlers say nothing for minutes, and `timeout` ends what hangs.
   */
  silence?: number | undefined;
  /** The niceness of the commands, from 0 to 19; never less than that of this process. Default 0. */
  nice?: number | undefined;
  /**
   * Where the builds' states are stored, so that a later process knows them: see {@link BuildQueue.restore}. Their logs
   * are the business of `onEvent`. Default: nowhere.
   */
  store?: BuildStore | undefined;
  /** How long the processes of a build get between SIGTERM and SIGKILL, in milliseconds. Default 5000. */
  killGrace?: number | undefined;
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
  logLimit?: number | undefined;
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

/** How a queue is closed. */
export interface QueueCloseOptions {
  /** How long running builds may go on to their end before they are cancelled, in milliseconds. Default 0. */
  grace?: number | undefined;
}

/** A build that is known: one that runs or waits here, or has ended, perhaps in an earlier process. */
type KnownBuild = Pick<Build, "record">;

/**
 * Runs builds: a few at a time, first come, first served, one for each project. Builds that work in the same directory,
 * like members of one monorepo that install in its root, never run at the same time.
 */
export class BuildQueue {
  /** What the person who set the options should know: a sentence for each secret that cannot be masked. */
  readonly warnings: readonly string[];
  readonly #concurrency: number;
  readonly #queueLimit: number;
  readonly #stateWriter: StateWriter | undefined;
  readonly #retention: Retention;
  readonly #context: BuildContext;
  /** All that are known, the oldest first. */
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
    for (const [name, callback] of Object.entries({ onEvent, onStart, onSpawn, onForget })) {
      checkValue(name, callback, kinds.function);
    }
    this.#concurrency = checkInteger("concurrency", options.concurrency ?? 2, { min: 1 });
    this.#queueLimit = checkInteger("queueLimit", options.queueLimit ?? 20, { min: 0 });
    this.#retention = new Retention(options, (id) => {
      this.#builds.delete(id);
      onForget(id);
    });
    const keeper = store && new StateWriter(store, onEvent, (id) => this.#planOf(id));
    this.#stateWriter = keeper;
    const secrets = new Secrets({
      env: checkValue("env", env, kinds.object),
      names: checkTexts("mask", mask),
      values: checkTexts("maskValues", maskValues),
    });
    this.warnings = secrets.problems;
    this.#context = {
      timeout: checkInteger("timeout", options.timeout ?? 30 * 60_000, { min: 0, max: MAX_DELAY }),
      silence: checkInteger("silence", options.silence ?? 0, { min: 0, max: MAX_DELAY }),
      nice: checkInteger("nice", options.nice ?? 0, { min: 0, max: 19 }),
      killGrace: checkInteger("killGrace", options.killGrace ?? 5000, { min: 0, max: MAX_DELAY }),
      logLimit: checkInteger("logLimit", options.logLimit ?? 100 * MIB, { min: 1, orInfinity: true }),
      env,
      secrets,
      onEvent: keeper?.take ?? onEvent,
      onStart: (id, cookie) => all(keeper?.note(id, { cookie }), onStart(id, cookie)),
      onSpawn: (id, identity) => all(keeper?.note(id, { identity }), onSpawn(id, identity)),
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
    this.#enqueue(build);
    this.#startWaiting();
    return build.record;
  }

  /**
   * Resolves when the state of a build is stored, with `store`; otherwise at once. Rejects when it could not be, for
   * whatever reason; the build is stopped then. To be asked right after {@link add}.
   */
  async stored(id: string): Promise<void> {
    await this.#stateWriter?.kept(id);
  }

  /**
   * Takes over a build of an earlier process: one that has ended is known again, and with its plan one that waited waits
   * again, at the end of the queue, which may become longer than its limit. To be called for the oldest first, and then
   * {@link start}.
   *
   * @param lineCount How many lines of a build that waited were given out already.
   */
  async restore(record: BuildRecord, plan?: Plan, lineCount = 0): Promise<void> {
    if (plan !== undefined) {
      const former = { record, lineCount };
      this.#enqueue(new Build(plan, this.#context, estimateDuration(plan, this.list()), former));
      return;
    }
    this.#builds.set(record.id, { record });
    await this.#retention.add(record.id);
  }

  /** Starts what waits, as far as there is room, after {@link restore}. */
  start(): void {
    this.#startWaiting();
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
   * and SIGKILL after `killGrace`, or at once when this is called again.
   *
   * @throws {TailcastError} `BUILD_NOT_FOUND`; `BUILD_ENDED` when it has ended already.
   */
  cancel(id: string): BuildRecord {
    const build = this.#find(id);
    if (!(build instanceof Build) || build.record.finishedAt !== null) {
      throw new TailcastError("BUILD_ENDED", `Cannot cancel the build: it has ended already (${build.record.status})`);
    }
    build.cancel();
    return build.record;
  }

  /**
   * Accepts no more builds, starts none, and cancels those that run and, unless they are stored, those that wait.
   * Resolves when the last events were taken. Called again, it no longer waits for processes that take their time to
   * end.
   */
  async close({ grace = 0 }: QueueCloseOptions = {}): Promise<void> {
    checkInteger("grace", grace, { min: 0, max: MAX_DELAY });
    const isUrgent = this.#isClosed;
    this.#isClosed = true;
    const builds = [...this.#builds.values()].filter((build) => build instanceof Build);
    // What is stored can wait for the next process.
    const waiting = new Set(this.#stateWriter === undefined ? [] : this.#waiting);
    if (!isUrgent && grace > 0)
      await settlesWithin(Promise.all([...this.#running].map(({ ended }) => ended)), grace);
    for (const build of [...this.#waiting, ...this.#running]) {
      // To cancel a running build twice kills it.
      const isLeft = waiting.has(build) || (!isUrgent && build.record.status === "running" && build.isStopping);
      if (isLeft) continue;
      if (isUrgent && !build.isStopping) build.cancel("cancelled by the shutdown");
      build.cancel("cancelled by the shutdown");
    }
    await Promise.all(builds.filter((build) => !waiting.has(build)).map(({ ended }) => ended));
    await this.#retention.settled();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #enqueue(build: Build): void {
    this.#builds.set(build.record.id, build);
    this.#waiting.add(build);
    build.place(this.#waiting.size);
    build.announce();
  }

  #planOf(id: string): Plan | null {
    const build = this.#builds.get(id);
    return build instanceof Build && build.record.status === "queued" ? build.plan : null;
  }

  #find(id: string): KnownBuild {
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
    // First: what starts now may end at once, and has ended later.
    void this.#retention.add(build.record.id, build.ended);
    this.#startWaiting();
  }
}

async function all(...promises: readonly (void | Promise<void> | undefined)[]): Promise<void> {
  await Promise.all(promises);
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
