import { performance } from "node:perf_hooks";
import { TailcastError } from "../error.ts";
import { checkRedisClient } from "./connections/check-client.ts";
import { RedisFailure } from "./connections/failure.ts";
import { Link } from "./connections/link.ts";
import { LogStore, readNews } from "./log-store.ts";
import { checkTopic, logsSettings } from "./options.ts";
import { RedisLog } from "./redis-log.ts";
import { TopicLog } from "./topic-log.ts";
import { Subscriptions } from "./connections/subscriptions.ts";
import type { RedisLogsOptions, RedisLogsSettings } from "./options.ts";
import type { QueuedBytes } from "./redis-publisher.ts";
import type { RedisClient } from "./connections/redis-client.ts";
import type { LogOwner } from "./topic-log.ts";

/** The number of logs in one check. Meanwhile, Redis executes nothing else. */
const CHECKED_LOGS = 250;

/**
 * The logs that this process has open in one Redis. A process needs one `RedisLogs`, regardless of the number of logs
 * and clients. It opens two connections: one for commands, and one that receives messages about the followed logs.
 *
 * ```js
 * const logs = new RedisLogs(nodeRedis(createClient()));
 * const log = await logs.open("orders");
 * const channel = new Channel({ log });
 * await log.publish("hello");
 * ```
 */
export class RedisLogs {
  readonly #settings: RedisLogsSettings;
  readonly #link: Link;
  readonly #store: LogStore;
  readonly #subscriptions: Subscriptions;
  readonly #owner: LogOwner;
  /** The open topics, and the number of open objects of each. */
  readonly #topics = new Map<string, { readonly log: TopicLog; users: number }>();
  readonly #followed = new Map<string, TopicLog>();
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  #isClosed = false;
  /** The time when the connection that receives messages was last replaced because of a new epoch. */
  #lastReset = -Infinity;

  /**
   * Starts to connect. The process stays alive until `close` is called.
   *
   * @param client - From `nodeRedis` or `ioRedis`.
   * @throws {TailcastError} `INVALID_OPTION`, naming the option.
   */
  constructor(client: RedisClient, options: RedisLogsOptions = {}) {
    checkRedisClient(client);
    this.#settings = logsSettings(options);
    const { timeout, maxQueuedBytes } = this.#settings;
    this.#link = new Link(client, timeout, {
      onReady: () => this.#checkSoon(),
      onDown: (error) => this.#reportFailure(error),
      onMessage: () => undefined,
    });
    this.#store = new LogStore(this.#link, this.#settings);
    this.#subscriptions = new Subscriptions(client, timeout, {
      onSubscribed: (channels) => this.#onSubscribed(channels),
      onMessage: (channel, message) => this.#onMessage(channel, message),
      onDown: (error) => this.#reportFailure(error),
    });
    const queued: QueuedBytes = { value: 0, limit: maxQueuedBytes };
    this.#owner = {
      settings: this.#settings,
      link: this.#link,
      store: this.#store,
      queued,
      onFollowed: (log) => this.#onFollowed(log),
      onEpoch: () => this.#onEpoch(),
    };
  }

  /**
   * Opens a log, and creates it if Redis does not have it. Each call reads the state of the log and returns a separate
   * object. Close each of them; closing one does not affect the others.
   *
   * @param topic - Its name: at most 512 characters, without `}`.
   * @throws {TailcastError} Rejects with `INVALID_OPTION`, with `LOG_UNAVAILABLE` when Redis does not answer within
   * `timeout`, or its keys have another type, and with `CHANNEL_CLOSED` after `close`.
   */
  async open(topic: string): Promise<RedisLog> {
    checkTopic(topic);
    if (this.#isClosed) throw closedError();
    const entry = this.#topics.get(topic) ?? { log: new TopicLog(this.#owner, topic), users: 0 };
    this.#topics.set(topic, entry);
    entry.users++;
    const release = (): void => {
      if (--entry.users > 0 || this.#topics.get(topic) !== entry) return;
      this.#topics.delete(topic);
      entry.log.close();
    };
    try {
      await this.#link.ready(this.#settings.timeout);
      await entry.log.load();
      if (!this.#isClosed) return new RedisLog(entry.log, release);
    } catch (error) {
      release();
      if (!this.#isClosed) throw error;
    }
    throw closedError();
  }

  /** Closes all logs and both connections. The logs stay in Redis. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { log } of this.#topics.values()) log.close();
    this.#topics.clear();
    this.#link.close();
    this.#subscriptions.close();
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onFollowed(log: TopicLog): void {
    const channel = this.#store.channelOf(log.topic);
    if (log.isFollowed) {
      this.#followed.set(channel, log);
      this.#subscriptions.add(channel);
      this.#timer ??= setTimeout(() => void this.#check(), this.#settings.checkInterval);
    } else {
      this.#followed.delete(channel);
      this.#subscriptions.remove(channel);
    }
  }

  #onMessage(channel: string, message: string): void {
    const news = readNews(message);
    if (news !== undefined) this.#followed.get(channel)?.onNews(news);
  }

  /** Messages before the subscription are lost. */
  #onSubscribed(channels: readonly string[]): void {
    void this.#checkLogs(channels.flatMap((channel) => this.#followed.get(channel) ?? []));
  }

  /** The messages may come from a server that is no longer the master, so the connection is replaced. */
  #onEpoch(): void {
    const now = performance.now();
    if (now - this.#lastReset < this.#settings.checkInterval) return;
    this.#lastReset = now;
    this.#subscriptions.reset();
  }

  #reportFailure(error: unknown): void {
    for (const log of this.#followed.values()) log.onFailure(error);
  }

  #checkSoon(): void {
    if (this.#isClosed || this.#followed.size === 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), 0);
  }

  /** Checks all followed logs and both connections, and schedules the next check. */
  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    await Promise.all([this.#checkLogs([...this.#followed.values()]), this.#subscriptions.check()]);
    this.#isChecking = false;
    this.#timer = undefined;
    if (this.#isClosed || this.#followed.size === 0) return;
    this.#timer = setTimeout(() => void this.#check(), this.#settings.checkInterval);
  }

  async #checkLogs(logs: readonly TopicLog[]): Promise<void> {
    for (let index = 0; index < logs.length; index += CHECKED_LOGS) {
      const part = logs.slice(index, index + CHECKED_LOGS);
      try {
        const states = await this.#store.check(part.map(({ topic }) => topic));
        await Promise.all(part.map((log, position) => log.onChecked(states[position])));
      } catch (error) {
        // In Redis Cluster, one script cannot see logs of several servers.
        const isCluster = error instanceof RedisFailure && error.message.startsWith("CROSSSLOT ");
        for (const log of part) {
          if (isCluster) await log.onChecked(undefined);
          else log.onFailure(error);
        }
      }
    }
  }
}

function closedError(): TailcastError {
  return new TailcastError("CHANNEL_CLOSED", "Cannot open the log: RedisLogs was closed");
}
