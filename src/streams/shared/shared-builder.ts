import { Channel } from "../../channel/channel.ts";
import {
  MAX_DELAY,
  OPENED,
  checkInteger,
  checkNames,
  checkOpened,
  checkTexts,
  checkValue,
  kinds,
} from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { BuildQueue } from "../../runner/build-queue.ts";
import { buildPlanner } from "../../runner/planning/build-planner.ts";
import { lostRecord } from "../../runner/store/lost-build.ts";
import { BuildStore } from "../../runner/store/build-store.ts";
import { BuildPublisher } from "./build-publisher.ts";
import { endLeftBuilds } from "./left-builds.ts";
import { followEvents } from "./log-events.ts";
import { CANCEL_TOPIC, checkLogStore } from "./log-store.ts";
import { endOf, lossOf, readSharedBuild } from "./stored-build.ts";
import type { SharedLog } from "../../channel/history/shared-log.ts";
import type { OptionNames } from "../../check-options.ts";
import type { BuildQueueOptions, QueueCloseOptions } from "../../runner/build-queue-options.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { BuildPlanner, FolderPlanner } from "../../runner/planning/build-planner.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { BuildJob } from "./build-jobs.ts";
import type { LogStore } from "./log-store.ts";

type QueueOption =
  | "concurrency" | "timeout" | "silence" | "nice" | "pids" | "cgroup" | "output" | "killGrace" | "env" | "mask"
  | "maskValues" | "logLimit";

/** The options of a {@link SharedBuilder}. Those of its builds are the options of a `BuildQueue`. */
export interface SharedBuilderOptions extends Pick<BuildQueueOptions, QueueOption> {
  /** The directories in or below which projects can be built. */
  roots: readonly string[];
  /** See `BuildAppOptions`. */
  plan?: FolderPlanner | undefined;
  /** See `BuildAppOptions`. */
  nodePath?: readonly string[] | undefined;
  /**
   * A folder for this builder only, with the processes that its builds have started: if the builder is killed, the next
   * one with this folder ends them. Default: they are not ended.
   */
  data?: string | undefined;
  /**
   * How long a build waits, with its command paused, while the store does not answer, in milliseconds. Then the build
   * is stopped as failed. Default 600 000 (10 min).
   */
  patience?: number | undefined;
  /** Called with unexpected errors. Default: errors are ignored. */
  onError?: ((error: unknown) => void) | undefined;
}

const optionNames: OptionNames<SharedBuilderOptions> = {
  concurrency: true, timeout: true, silence: true, nice: true, pids: true, cgroup: true, output: true,
  killGrace: true, env: true, mask: true, maskValues: true, logLimit: true,
  roots: true, plan: true, nodePath: true, data: true, patience: true, onError: true,
};

/** The maximum number of builds to remember that were cancelled before this process has started them. */
const MAX_EARLY = 1000;

/** The time between two checks whether another process has ended a build of this one, in milliseconds. */
const CHECK_INTERVAL = 5000;

/** How long the end of a build may take to be stored at a shutdown, in milliseconds. */
const CLOSE_LIMIT = 5000;

/** The objects that `SharedBuilder.open()` opens. */
interface Parts {
  readonly logs: LogStore;
  readonly cancelLog: SharedLog;
  readonly store: BuildStore | undefined;
}

/**
 * Runs the builds of jobs that a queue distributes, and publishes their events in shared logs, where other processes
 * show them. A job that a builder had started when its process ended becomes `lost`, as in `BuildApp`: a second run
 * could repeat an effect, such as a deployment.
 *
 * ```js
 * const builder = await SharedBuilder.open(logs, { roots, concurrency: 2 });
 * new Worker("builds", ({ data }) => builder.run(data), { connection, concurrency: 2 });
 * ```
 */
export class SharedBuilder {
  readonly #logs: LogStore;
  readonly #publisher: BuildPublisher;
  readonly #queue: BuildQueue;
  readonly #plan: BuildPlanner;
  readonly #store: BuildStore | undefined;
  readonly #cancelLog: SharedLog;
  readonly #cancelChannel: Channel;
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  /** The builds of {@link run}, with the function that settles its promise. */
  readonly #runs = new Map<string, (end: Promise<BuildRecord>) => void>();
  readonly #cancelledEarly = new Set<string>();
  readonly #checks: NodeJS.Timeout;

  /**
   * Resolves when it can run builds.
   *
   * @throws {TailcastError} `INVALID_OPTION`, naming the option; `LOG_UNAVAILABLE` when the store does not answer;
   * `DATA_IN_USE` when another builder uses the folder.
   */
  static async open(logs: LogStore, options: SharedBuilderOptions): Promise<SharedBuilder> {
    checkLogStore(logs);
    checkNames(options, optionNames);
    checkTexts("roots", options.roots);
    const { data } = options;
    const onError = checkValue("onError", options.onError ?? (() => undefined), kinds.function);
    checkValue("plan", options.plan ?? (() => undefined), kinds.function);
    checkTexts("nodePath", options.nodePath ?? []);
    const patience = checkInteger("patience", options.patience ?? 600_000, { min: 0, max: MAX_DELAY });
    const store = data === undefined ? undefined : await BuildStore.open(checkValue("data", data, kinds.filledText));
    try {
      if (store !== undefined) await endLeftBuilds(store, onError);
      const cancelLog = await logs.open(CANCEL_TOPIC);
      try {
        return new SharedBuilder(OPENED, { ...options, patience, onError }, { logs, cancelLog, store });
      } catch (error) {
        await cancelLog.close();
        throw error;
      }
    } catch (error) {
      await store?.close();
      throw error;
    }
  }

  private constructor(
    key: typeof OPENED,
    options: SharedBuilderOptions & { readonly patience: number; readonly onError: (error: unknown) => void },
    parts: Parts,
  ) {
    checkOpened(key, "SharedBuilder.open()");
    const { logs, cancelLog, store } = parts;
    const { roots, plan = () => undefined, nodePath, data: _, patience, onError, ...builds } = options;
    this.#logs = logs;
    this.#store = store;
    this.#publisher = new BuildPublisher(logs, patience, (buildId) => void this.#stop(buildId));
    this.#checks = setInterval(() => void this.#publisher.check(), CHECK_INTERVAL).unref();
    this.#plan = buildPlanner(roots, plan, { env: builds.env, nodePath });
    this.#queue = new BuildQueue({ ...builds, store, onEvent: (event) => this.#publish(event) });
    this.#cancelLog = cancelLog;
    this.#cancelChannel = new Channel({ log: cancelLog });
    this.#following = this.#followCancellations().catch(onError);
  }

  /** Problems with the options: see `BuildQueue.warnings`. */
  get warnings(): readonly string[] {
    return this.#queue.warnings;
  }

  /**
   * Runs a build. Resolves with its last state when the logs have its end.
   *
   * If the log of the build has its end, this resolves at once. If it says that the build has started, the process that
   * ran it has ended, and the build becomes `lost`. Never pass the job of a build that runs elsewhere.
   *
   * @throws {TailcastError} (as a rejection) `SHUTTING_DOWN` after `close`; `LOG_UNAVAILABLE` or `LOG_TIMEOUT` when the
   * store did not answer in time. The job can then be passed again, also to another builder.
   */
  async run({ build, request }: BuildJob): Promise<BuildRecord> {
    const { id } = build;
    if (this.#closing.signal.aborted) throw shuttingDown();
    const { record = build, lineCount, isStarted } = await readSharedBuild(this.#logs, id);
    if (record.finishedAt !== null) {
      await this.#publisher.repeatEnd(record);
      return record;
    }
    if (isStarted) return this.#end(lossOf(record), lineCount);
    const plan = await this.#plan(request).catch((error: Error) => error.message);
    if (typeof plan === "string") {
      const failed = { ...lostRecord(record, plan, new Date().toISOString()), status: "failed" } as const;
      return this.#end(failed, lineCount);
    }
    // A build that the queue gets after `close` would never start.
    if (this.#closing.signal.aborted) throw shuttingDown();
    const ended = new Promise<BuildRecord>((resolve) => this.#runs.set(id, resolve));
    await this.#queue.restore(record, plan, lineCount);
    if (this.#cancelledEarly.delete(id)) this.#queue.cancel(id);
    this.#queue.start();
    return ended;
  }

  /**
   * Cancels running builds after `grace`, and resolves when the logs have their ends, or a few seconds later. A second
   * call kills running builds.
   */
  async close({ grace = 0 }: QueueCloseOptions = {}): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#checks);
    const limit = setTimeout(() => void this.#publisher.close(), grace + CLOSE_LIMIT);
    await this.#queue.close({ grace });
    clearTimeout(limit);
    // These builds wait for others in the same directory. Another builder can run them.
    for (const end of this.#runs.values()) end(Promise.reject(shuttingDown()));
    await this.#following;
    await this.#publisher.close();
    await this.#cancelChannel.close();
    await this.#cancelLog.close();
    await this.#store?.close();
  }

  #publish(event: BuildEvent): void | Promise<void> {
    const published = this.#publisher.publish(event);
    if (event.type === "end") {
      const { build } = event;
      this.#runs.get(build.id)?.(Promise.resolve(published).then(() => build));
      this.#runs.delete(build.id);
    }
    return published;
  }

  /** Publishes the end of a build that does not run. */
  async #end(build: BuildRecord, lineCount: number): Promise<BuildRecord> {
    for (const event of endOf(build, lineCount)) await this.#publisher.publish(event);
    return build;
  }

  async #followCancellations(): Promise<void> {
    for await (const events of followEvents(this.#cancelChannel, 0, this.#closing.signal)) {
      for (const { type, data } of events) if (type === "cancel") this.#cancel(data);
    }
  }

  /** Stops a build. Returns whether this process runs it. */
  #stop(id: string): boolean {
    const runs = this.#queue.list().some((build) => build.id === id && build.finishedAt === null);
    if (runs) this.#queue.cancel(id);
    return runs;
  }

  #cancel(id: string): void {
    if (this.#stop(id)) return;
    this.#cancelledEarly.add(id);
    const [oldest] = this.#cancelledEarly;
    if (this.#cancelledEarly.size > MAX_EARLY && oldest !== undefined) this.#cancelledEarly.delete(oldest);
  }
}

function shuttingDown(): TailcastError {
  return new TailcastError("SHUTTING_DOWN", "Cannot run the build: the builder was closed");
}
