import { performance } from "node:perf_hooks";
import { TailcastError } from "../error.ts";
import { checkMethods } from "./connections/check-client.ts";
import { RedisFailure } from "./connections/failure.ts";
import { Link } from "./connections/link.ts";
import { LogStore, readNews } from "./log-store.ts";
import { checkTopic, logsSettings } from "./options.ts";
import { RedisLog } from "./redis-log.ts";
import { Subscriptions } from "./connections/subscriptions.ts";
import type { RedisLogsOptions, RedisLogsSettings } from "./options.ts";
import type { QueuedBytes } from "./redis-publisher.ts";
import type { LogOwner } from "./redis-log.ts";
import type { RedisClient } from "./connections/redis-client.ts";

/** The number of logs in one check: Redis carries out nothing else meanwhile. */
const CHECKED_LOGS = 250;

/**
 * The logs that this process has open in one Redis. A process needs one `RedisLogs`, however many logs and clients it
 * has. It opens two connections: one for commands, and one that receives the news of the followed logs.
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
  readonly #logs = new Map<string, Promise<RedisLog>>();
  readonly #followed = new Map<string, RedisLog>();
  readonly #opened = new Set<RedisLog>();
  #timer: NodeJS.Timeout | undefined;
  #isChecking = false;
  #isClosed = false;
  /** The time when the connection of the news was replaced because of a new epoch. */
  #lastReset = -Infinity;

  /**
   * Starts to connect. The process does not end before `close` was called.
   *
   * @param client - From `nodeRedis` or `ioRedis`.
   * @throws {TailcastError} `INVALID_OPTION`, naming the option.
   */
  constructor(client: RedisClient, options: RedisLogsOptions = {}) {
    checkMethods("client", client, ["connect"]);
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
      onClose: (log) => this.#onClose(log),
    };
  }

  /**
   * Opens a log, and creates it if Redis does not have it. Calls with the same topic return the same log until it is
   * closed.
   *
   * @param topic - Its name: at most 512 characters, without `}`.
   * @throws {TailcastError} Rejects with `INVALID_OPTION`, with `LOG_UNAVAILABLE` when Redis does not answer within
   * `timeout`, or its keys have another type, and with `CHANNEL_CLOSED` after `close`.
   */
  open(topic: string): Promise<RedisLog> {
    const known = this.#logs.get(topic);
    if (known !== undefined) return known;
    const log = this.#open(topic);
    this.#logs.set(topic, log);
    log.catch(() => this.#logs.delete(topic));
    return log;
  }

  /** Closes all logs and both connections. The logs stay in Redis. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const log of this.#opened) await log.close();
    this.#link.close();
    this.#subscriptions.close();
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(topic: string): Promise<RedisLog> {
    checkTopic(topic);
    await this.#link.ready(this.#settings.timeout);
    if (this.#isClosed) throw new TailcastError("CHANNEL_CLOSED", "Cannot open the log: RedisLogs was closed");
    const log = new RedisLog(this.#owner, topic);
    this.#opened.add(log);
    try {
      await log.load();
    } catch (error) {
      this.#opened.delete(log);
      throw error;
    }
    return log;
  }

  #onFollowed(log: RedisLog): void {
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

  #onClose(log: RedisLog): void {
    this.#onFollowed(log);
    this.#opened.delete(log);
    this.#logs.delete(log.topic);
  }

  #onMessage(channel: string, message: string): void {
    const news = readNews(message);
    if (news !== undefined) this.#followed.get(channel)?.onNews(news);
  }

  /** Messages before the subscription are lost. */
  #onSubscribed(channels: readonly string[]): void {
    void this.#checkLogs(channels.flatMap((channel) => this.#followed.get(channel) ?? []));
  }

  /** The news may come from a server that is no longer the master, so the connection is replaced. */
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

  /** Checks all followed logs and both connections, and plans the next check. */
  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    await Promise.all([this.#checkLogs([...this.#followed.values()]), this.#subscriptions.check()]);
    this.#isChecking = false;
    this.#timer = undefined;
    if (this.#isClosed || this.#followed.size === 0) return;
    this.#timer = setTimeout(() => void this.#check(), this.#settings.checkInterval);
  }

  async #checkLogs(logs: readonly RedisLog[]): Promise<void> {
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
