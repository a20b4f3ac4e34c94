import { MAX_DELAY, checkInteger, checkNames, checkValue, kinds } from "../check-options.ts";
import { invalidOption } from "../error.ts";
import type { OptionNames } from "../check-options.ts";

/** The options of `RedisLogs`. Times are in milliseconds. */
export interface RedisLogsOptions {
  /** The first part of all keys and channels in Redis: 1 to 64 letters, digits or `. _ -`. Default `"tailcast"`. */
  readonly prefix?: string | undefined;
  /**
   * The number of newest events that each log keeps. Redis removes older events in groups, so a log may have about 100
   * more. Default 10 000.
   */
  readonly capacity?: number | undefined;
  /** The maximum size of one event in the event stream, in bytes. Default 1 MiB. */
  readonly maxEventBytes?: number | undefined;
  /** The maximum size of all events that wait for Redis, in bytes. Default 64 MiB. */
  readonly maxQueuedBytes?: number | undefined;
  /**
   * The time after which `publish` rejects, and after which a connection without any answer is replaced. Default 5000.
   */
  readonly timeout?: number | undefined;
  /**
   * The time between two checks of all followed logs. A check finds events whose message was lost, and a new epoch.
   * Default 5000.
   */
  readonly checkInterval?: number | undefined;
  /** The time from the newest event until Redis removes the log. Default `Infinity`: never. */
  readonly expire?: number | undefined;
  /**
   * Whether Redis never loses an event that it has acknowledged, for example with `appendfsync always` and without
   * failover. The epoch of a log then survives restarts of Redis. Default `false`: a restart and a failover give each
   * log a new epoch, and clients receive a `gap`.
   */
  readonly trustStore?: boolean | undefined;
}

/** The options with every default filled in. */
export type RedisLogsSettings = { readonly [Name in keyof RedisLogsOptions]-?: NonNullable<RedisLogsOptions[Name]> };

const optionNames: OptionNames<RedisLogsOptions> = {
  prefix: true,
  capacity: true,
  maxEventBytes: true,
  maxQueuedBytes: true,
  timeout: true,
  checkInterval: true,
  expire: true,
  trustStore: true,
};

/** Checks every option and fills in the defaults. @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function logsSettings(options: RedisLogsOptions): RedisLogsSettings {
  checkNames(options, optionNames);
  const {
    prefix = "tailcast",
    capacity = 10_000,
    maxEventBytes = 1024 * 1024,
    maxQueuedBytes = 64 * 1024 * 1024,
    timeout = 5000,
    checkInterval = 5000,
    expire = Infinity,
    trustStore = false,
  } = options;
  if (typeof prefix !== "string" || !/^[\w.-]{1,64}$/.test(prefix)) {
    throw invalidOption("prefix", "it must be 1 to 64 letters, digits or . _ -");
  }
  return {
    prefix,
    capacity: checkInteger("capacity", capacity, { min: 1 }),
    maxEventBytes: checkInteger("maxEventBytes", maxEventBytes, { min: 1 }),
    maxQueuedBytes: checkInteger("maxQueuedBytes", maxQueuedBytes, { min: 1 }),
    timeout: checkInteger("timeout", timeout, { min: 1, max: MAX_DELAY }),
    checkInterval: checkInteger("checkInterval", checkInterval, { min: 1, max: MAX_DELAY }),
    expire: checkInteger("expire", expire, { min: 1, orInfinity: true }),
    trustStore: checkValue("trustStore", trustStore, kinds.boolean),
  };
}

/** The longest name of a topic, in characters. */
const MAX_TOPIC_LENGTH = 512;

/** Checks the name of a log. @throws {TailcastError} `INVALID_OPTION` */
export function checkTopic(topic: string): string {
  checkValue("topic", topic, kinds.filledText);
  if (!topic.isWellFormed() || topic.length > MAX_TOPIC_LENGTH || topic.includes("}")) {
    const problem = `it must be well-formed text of at most ${MAX_TOPIC_LENGTH} characters without "}"`;
    throw invalidOption("topic", problem);
  }
  return topic;
}
