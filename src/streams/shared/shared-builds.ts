import { MAX_DELAY, OPENED, checkInteger, checkNames, checkOpened, checkValue, kinds } from "../../check-options.ts";
import { channelSettings } from "../../channel/settings.ts";
import { checkBuildJobs } from "./build-jobs.ts";
import { BuildPublisher } from "./build-publisher.ts";
import { BuildStates } from "./build-states.ts";
import { CANCEL_TOPIC, checkLogStore } from "./log-store.ts";
import { SharedQueue } from "./shared-queue.ts";
import { SharedStreams } from "./shared-streams.ts";
import type { SharedLog } from "../../channel/history/shared-log.ts";
import type { ChannelOptions } from "../../channel/options.ts";
import type { OptionNames } from "../../check-options.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { BuildJobs } from "./build-jobs.ts";
import type { LogStore } from "./log-store.ts";

/** The options of {@link SharedBuilds}. The context of the option `builders` of `BuildApp` has the first three. */
export interface SharedBuildsOptions {
  /** The options of every channel. Default: those of a channel. */
  channel?: ChannelOptions | undefined;
  /** Called with each change of a build's state. Default: not called. */
  onEvent?: ((event: BuildEvent) => void) | undefined;
  /** Called with unexpected errors. Default: errors are ignored. */
  onError?: ((error: unknown) => void) | undefined;
  /** The maximum number of queued builds, of all processes. Default 100. */
  queueLimit?: number | undefined;
  /** The number of ended builds in the list. Default 200. */
  keep?: number | undefined;
  /** How long a request waits for a store that does not answer, in milliseconds. Default 5000. */
  patience?: number | undefined;
  /**
   * The time between two searches for builds without a job, in milliseconds. A build that has none in two searches
   * becomes `lost`. Default 30 000.
   */
  checkInterval?: number | undefined;
  /** The time without clients after which the stream of a build is closed, in milliseconds. Default 60 000. */
  idleTimeout?: number | undefined;
}

const optionNames: OptionNames<SharedBuildsOptions> = {
  channel: true, onEvent: true, onError: true, queueLimit: true, keep: true, patience: true, checkInterval: true,
  idleTimeout: true,
};

/** The objects that `SharedBuilds.open()` opens. */
interface Parts {
  readonly queue: SharedQueue;
  readonly streams: SharedStreams;
  readonly states: BuildStates;
  readonly publisher: BuildPublisher;
  readonly cancellations: SharedLog;
  readonly checks: NodeJS.Timeout;
}

/**
 * The builds that builders in other processes run, for one process that answers HTTP: see the option `builders` of
 * `BuildApp`. States and logs come from shared logs, so all processes show the same builds with the same event ids.
 *
 * ```js
 * const app = await BuildApp.open({ roots, builders: (context) => SharedBuilds.open(logs, jobs, context) });
 * ```
 */
export class SharedBuilds {
  /** Starts, lists and cancels builds. */
  readonly queue: SharedQueue;
  readonly streams: SharedStreams;
  readonly #parts: Parts;
  #closing: Promise<void> | undefined;

  /**
   * Resolves when the states of all builds are known.
   *
   * @throws {TailcastError} `INVALID_OPTION`, naming the option; `LOG_UNAVAILABLE` when the store does not answer.
   */
  static async open(logs: LogStore, jobs: BuildJobs, options: SharedBuildsOptions = {}): Promise<SharedBuilds> {
    checkLogStore(logs);
    checkBuildJobs(jobs);
    checkNames(options, optionNames);
    const { channel = {} } = options;
    const onEvent = checkValue("onEvent", options.onEvent ?? (() => undefined), kinds.function);
    const onError = checkValue("onError", options.onError ?? (() => undefined), kinds.function);
    channelSettings(channel);
    const keep = checkInteger("keep", options.keep ?? 200, { min: 0, orInfinity: true });
    const queueLimit = checkInteger("queueLimit", options.queueLimit ?? 100, { min: 0, orInfinity: true });
    const patience = checkInteger("patience", options.patience ?? 5000, { min: 0, max: MAX_DELAY });
    const idleTimeout = checkInteger("idleTimeout", options.idleTimeout ?? 60_000, { min: 1, max: MAX_DELAY });
    const checkInterval = checkInteger("checkInterval", options.checkInterval ?? 30_000, { min: 1, max: MAX_DELAY });
    const states = await BuildStates.open(logs, { keep, patience, onEvent, onError });
    const cancellations = await logs.open(CANCEL_TOPIC).catch(async (error: unknown) => {
      await states.close();
      throw error;
    });
    const publisher = new BuildPublisher(logs, patience);
    const queue = new SharedQueue({ logs, jobs, states, publisher, cancellations, queueLimit });
    const streams = new SharedStreams(logs, channel, idleTimeout);
    const checks = setInterval(() => void queue.endAbandoned().catch(onError), checkInterval).unref();
    return new SharedBuilds(OPENED, { queue, streams, states, publisher, cancellations, checks });
  }

  private constructor(key: typeof OPENED, parts: Parts) {
    checkOpened(key, "SharedBuilds.open()");
    this.queue = parts.queue;
    this.streams = parts.streams;
    this.#parts = parts;
  }

  /** Ends the streams with a time to reconnect, and closes the logs. Builds continue in their processes. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    const { streams, states, publisher, cancellations, checks } = this.#parts;
    clearInterval(checks);
    await streams.close();
    await Promise.all([states.close(), publisher.close(), cancellations.close()]);
  }
}
