import { randomBytes } from "node:crypto";
import { RedisFailure } from "./connections/failure.ts";
import { scripts } from "./scripts.ts";
import type { Link } from "./connections/link.ts";
import type { RedisLogsSettings } from "./options.ts";
import type { Script } from "./scripts.ts";

/** The state of a log. */
export interface LogState {
  readonly epoch: string;
  readonly start: number;
  readonly end: number;
  readonly isComplete: boolean;
}

/** An event in Redis, as `writeEvent` wrote it. */
export interface StoredEntry {
  readonly sequence: number;
  readonly json: string;
}

/** A batch of events. */
export interface Batch {
  /** The name of the object that counts these batches. No other object has it. */
  readonly writer: string;
  /** The number of the batch, which grows with each batch of a writer. */
  readonly number: number;
  readonly events: readonly string[];
  /** Whether the log is complete after these events. */
  readonly isLast: boolean;
}

/** The answer to a batch. */
export interface Appended {
  readonly state: LogState;
  readonly epoch: string;
  /** The number of the first event; 0 when the log is complete. */
  readonly first: number;
  /** The error of the Pub/Sub message. The events are stored even so. */
  readonly newsError: string | undefined;
}

/** A Pub/Sub message about new events of a log. */
export interface News extends LogState {
  /** The sequence number of the first new event. */
  readonly first: number;
  /** The events; none when they are too large for a message. */
  readonly events: readonly string[];
}

/** The maximum size of the events in a message, in bytes. Larger batches are read from the stream. */
const MAX_NEWS_BYTES = 256 * 1024;

/** The time for which Redis remembers the last batch of a writer, as a multiple of the time for an answer. */
const REMEMBERED_TIMEOUTS = 12;

/** The state of a log before it is loaded. */
export const NOTHING: LogState = { epoch: "-", start: 1, end: 1, isComplete: false };

/** The keys of all logs in Redis, and the scripts that read and write them. */
export class LogStore {
  readonly #link: Link;
  readonly #settings: RedisLogsSettings;

  constructor(link: Link, settings: RedisLogsSettings) {
    this.#link = link;
    this.#settings = settings;
  }

  /** The Pub/Sub channel with the messages about a log. */
  channelOf(topic: string): string {
    return this.#key(topic, "news");
  }

  /**
   * Appends a batch. It may be repeated with the same number.
   *
   * @throws {RedisFailure}
   */
  async append(topic: string, known: LogState, { writer, number, events, isLast }: Batch): Promise<Appended> {
    const { timeout, capacity } = this.#settings;
    const keys = [...this.#keys(topic), this.#key(topic, `writer:${writer}`)];
    const reply = await this.#run(scripts.append, keys, [
      ...this.#openArguments(known),
      String(number),
      String(timeout * REMEMBERED_TIMEOUTS),
      String(capacity),
      isLast ? "1" : "0",
      this.channelOf(topic),
      String(MAX_NEWS_BYTES),
      ...events,
    ]);
    const values = asArray(reply);
    const newsError = values[6] === undefined ? undefined : String(values[6]);
    return { state: readState(values), epoch: String(values[4]), first: Number(values[5]), newsError };
  }

  /**
   * Reads the state of a log, and events from `from` to before `to`: about `bytes` bytes, or one larger event. Returns
   * no events when `known` has another epoch than the log.
   *
   * @throws {RedisFailure}
   */
  async read(
    topic: string,
    known: LogState,
    range: { readonly from: number; readonly to: number; readonly bytes: number },
  ): Promise<{ state: LogState; entries: StoredEntry[] }> {
    const numbers = [range.from, range.to, range.bytes].map(String);
    const reply = await this.#run(scripts.read, this.#keys(topic), [...this.#openArguments(known), ...numbers]);
    const values = asArray(reply);
    const entries: StoredEntry[] = [];
    for (let index = 4; index < values.length; index += 2) {
      entries.push({ sequence: Number(values[index]), json: String(values[index + 1] ?? "") });
    }
    return { state: readState(values), entries };
  }

  /**
   * Reads the states of several logs without changing them. The state is `undefined` when `read` must look at the log.
   *
   * @throws {RedisFailure}
   */
  async check(topics: readonly string[]): Promise<(LogState | undefined)[]> {
    const keys = topics.flatMap((topic) => this.#keys(topic));
    const reply = await this.#run(scripts.check, keys, [this.#settings.trustStore ? "1" : "0"]);
    return asArray(reply).map((state) => (state === "" ? undefined : readState(String(state).split(" "))));
  }

  async #run({ text, sha }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.#link.command(["EVALSHA", sha, ...rest]);
    } catch (error) {
      if (!(error instanceof RedisFailure)) throw error;
      if (error.isWrongServer) this.#link.reset();
      if (!error.isUnknownScript) throw error;
      // Redis has restarted, or its scripts were flushed. EVAL adds the script again.
      return this.#link.command(["EVAL", text, ...rest]);
    }
  }

  #openArguments({ epoch, end }: LogState): string[] {
    const { trustStore, expire } = this.#settings;
    const candidate = randomBytes(8).toString("hex");
    return [candidate, epoch, String(end), trustStore ? "1" : "0", expire === Infinity ? "0" : String(expire)];
  }

  #keys(topic: string): string[] {
    return [this.#key(topic, "events"), this.#key(topic, "log")];
  }

  /** The braces make Redis Cluster keep all keys of a log on one server. */
  #key(topic: string, name: string): string {
    return `{${this.#settings.prefix}:${topic}}:${name}`;
  }
}

/**
 * Reads a Pub/Sub message.
 *
 * @returns `undefined` for a message that no log has sent.
 */
export function readNews(message: string): News | undefined {
  const match = /^(\S+) (\d+) (\d+) (\d+) ([01]) (.*)$/s.exec(message);
  if (match === null) return undefined;
  const [, epoch, first, start, end, complete, events = ""] = match;
  const state = readState([epoch, start, end, complete]);
  return { ...state, first: Number(first), events: events === "" ? [] : events.split("\n") };
}

function readState([epoch, start, end, complete]: readonly unknown[]): LogState {
  return { epoch: String(epoch), start: Number(start), end: Number(end), isComplete: Number(complete) === 1 };
}

function asArray(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new RedisFailure("refused", "Redis gave an unexpected answer to a script");
}
