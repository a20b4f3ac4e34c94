import { LogFollowers } from "../channel/history/log-followers.ts";
import { checkInteger, checkValue, kinds } from "../check-options.ts";
import { unavailable } from "./connections/failure.ts";
import { NOTHING } from "./log-store.ts";
import { PIECE_BYTES, RedisPieces, consecutive } from "./redis-reader.ts";
import { RedisPublisher, completeError } from "./redis-publisher.ts";
import { encodeAllStored, writeEvent } from "./stored-event.ts";
import type { HistoryReader } from "../channel/history/history.ts";
import type { LogFollower } from "../channel/history/shared-log.ts";
import type { PublishedEvent } from "../channel/log/published-event.ts";
import type { Link } from "./connections/link.ts";
import type { LogState, LogStore, News } from "./log-store.ts";
import type { RedisLogsSettings } from "./options.ts";
import type { QueuedBytes } from "./redis-publisher.ts";

/** The object that made a {@link TopicLog}. */
export interface LogOwner {
  readonly settings: RedisLogsSettings;
  readonly link: Link;
  readonly store: LogStore;
  readonly queued: QueuedBytes;
  /** The log has its first follower, or its last one has left. */
  onFollowed(log: TopicLog): void;
  /** The epoch of a log has changed: the server may be another one. */
  onEpoch(): void;
}

/**
 * A log in Redis as one process knows it: its state, its followers and the events that wait. All {@link RedisLog}s of
 * its topic in this process use it.
 *
 * Redis stores it as a stream with the entries `0-1`, `0-2` and so on. A new epoch continues these numbers.
 */
export class TopicLog {
  /** Its name. */
  readonly topic: string;
  readonly #owner: LogOwner;
  readonly #publisher: RedisPublisher;
  readonly #followers = new LogFollowers();
  #state: LogState = NOTHING;
  #pieces: RedisPieces;
  /** The current request, and the one that follows it. */
  #loading: Promise<void> | undefined;
  #nextLoading: Promise<void> | undefined;
  #isClosed = false;
  #hasNewsError = false;

  constructor(owner: LogOwner, topic: string) {
    this.topic = topic;
    this.#owner = owner;
    this.#pieces = new RedisPieces(this.#pieceSource());
    const { link, settings, queued } = owner;
    this.#publisher = new RedisPublisher(link, settings.timeout, queued, {
      append: async (batch) => {
        const appended = await owner.store.append(topic, this.#state, batch);
        this.#reportNewsError(appended.newsError);
        return appended;
      },
      onAppended: (state, epoch, first, events) => this.#onAppended(state, epoch, first, events),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get state(): LogState {
    return this.#state;
  }

  /** Whether a channel shows it. Its state is then up to date. */
  get isFollowed(): boolean {
    return this.#followers.size > 0;
  }

  /** @param user - The object that publishes the event. */
  publish(event: PublishedEvent | string, user: object): Promise<string> {
    const json = writeEvent(event, this.#owner.settings.maxEventBytes);
    if (this.#isKnownComplete) throw completeError();
    return this.#publisher.publish(json, user);
  }

  async complete(user: object): Promise<void> {
    if (!this.#isKnownComplete || this.#isClosed) await this.#publisher.publish(undefined, user);
  }

  /** Rejects the events of this user that are not stored. */
  leave(user: object): void {
    this.#publisher.leave(user);
  }

  follow(follower: LogFollower): () => void {
    checkValue("follower", follower, kinds.object);
    const leave = this.#followers.add(follower);
    if (this.#followers.size === 1) this.#owner.onFollowed(this);
    return () => {
      if (leave() && !this.isFollowed && !this.#isClosed) this.#owner.onFollowed(this);
    };
  }

  read(sequence: number): HistoryReader {
    checkInteger("sequence", sequence, { min: 1, max: this.#state.end - 1 });
    return this.#pieces.open(sequence);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#followers.clear();
    this.#publisher.close();
    this.#owner.onFollowed(this);
  }

  /**
   * Reads the state and the new events. Calls share the next request, but not the current one, which may have missed
   * the newest events.
   */
  load(): Promise<void> {
    this.#nextLoading ??= this.#loadNext();
    return this.#nextLoading;
  }

  /** Compares the log with its state in Redis, and loads it if they differ. */
  async onChecked(state: LogState | undefined): Promise<void> {
    const { epoch, end, isComplete } = this.#state;
    const isSame = state?.epoch === epoch && state.end === end && state.isComplete === isComplete;
    if (isSame) this.#advance(state, end, []);
    else await this.load().catch(() => undefined);
  }

  /** Handles a Pub/Sub message. */
  onNews(news: News): void {
    const { epoch, first, events } = news;
    const { end, isComplete } = this.#state;
    const isSameEpoch = epoch === this.#state.epoch;
    if (isSameEpoch && news.end <= end && news.isComplete === isComplete) return;
    if (!isSameEpoch || first > end || events.length < news.end - first) {
      void this.load().catch(() => undefined);
      return;
    }
    this.#advance(news, first, encodeAllStored(events, epoch, first));
  }

  /** The store cannot be reached. */
  onFailure(error: unknown): void {
    if (!this.#isClosed) this.#followers.reportFailure(unavailable("follow the log", error));
  }

  /** Reports that other processes receive no messages, once until a message is sent. */
  #reportNewsError(problem: string | undefined): void {
    const isNew = problem !== undefined && !this.#hasNewsError;
    this.#hasNewsError = problem !== undefined;
    if (!isNew) return;
    const error = unavailable("send messages about the log", problem);
    if (this.isFollowed) this.#followers.report((follower) => follower.onFailure(error));
    else process.emitWarning(error);
  }

  async #loadNext(): Promise<void> {
    await this.#loading?.catch(() => undefined);
    this.#nextLoading = undefined;
    this.#loading = this.#load();
    await this.#loading;
  }

  async #load(): Promise<void> {
    const { end } = this.#state;
    try {
      const range = { from: end, to: Number.MAX_SAFE_INTEGER, bytes: PIECE_BYTES };
      const { state, entries } = await this.#owner.store.read(this.topic, this.#state, range);
      this.#advance(state, end, encodeAllStored(consecutive(entries, end), state.epoch, end));
    } catch (error) {
      this.onFailure(error);
      throw unavailable("read the log", error);
    }
  }

  #onAppended(state: LogState, epoch: string, first: number, events: readonly string[]): void {
    const { end } = this.#state;
    const isReset = state.epoch !== this.#state.epoch;
    const isNext = epoch === state.epoch && first > 0 && first <= end && state.end === first + events.length;
    if (!this.isFollowed || isReset || state.end <= end) this.#advance(state, state.end, []);
    else if (isNext) this.#advance(state, first, encodeAllStored(events, epoch, first));
    else void this.load().catch(() => undefined);
  }

  /**
   * Takes over a newer state and reports it.
   *
   * @param first - The sequence number of the first text.
   * @param texts - The texts of events of this epoch, some of which may be known. When they do not reach from the known
   * end to the new end, followers read the events from the store.
   */
  #advance(state: LogState, first: number, texts: readonly string[]): void {
    if (this.#isClosed) return;
    const { epoch, start, end, isComplete } = this.#state;
    this.#followers.reportAnswer();
    if (state.epoch !== epoch) {
      this.#state = state;
      this.#pieces = new RedisPieces(this.#pieceSource());
      if (epoch === NOTHING.epoch) return;
      this.#owner.onEpoch();
      this.#followers.report((follower) => follower.onReset());
      if (state.isComplete) this.#followers.report((follower) => follower.onComplete());
      return;
    }
    const newEnd = Math.max(end, state.end);
    this.#state = {
      epoch,
      start: Math.max(start, Math.min(state.start, newEnd)),
      end: newEnd,
      isComplete: isComplete || state.isComplete,
    };
    if (newEnd > end) {
      const isWhole = first <= end && first + texts.length >= newEnd;
      const events = isWhole ? { first: end, texts: texts.slice(end - first) } : { first: newEnd, texts: [] };
      this.#followers.report((follower) => follower.onEvents(events));
    }
    if (this.#state.isComplete && !isComplete) this.#followers.report((follower) => follower.onComplete());
  }

  /** Whether the log is certainly complete. Redis may have removed a log that has no followers. */
  get #isKnownComplete(): boolean {
    return this.#state.isComplete && this.isFollowed;
  }

  /** Returns what the pieces of the current epoch need. */
  #pieceSource(): ConstructorParameters<typeof RedisPieces>[0] {
    const { epoch } = this.#state;
    const isCurrent = (): boolean => this.#state.epoch === epoch;
    return {
      epoch,
      end: () => this.#state.end,
      read: async (range) => {
        const reply = await this.#owner.store.read(this.topic, this.#state, range);
        const { state } = reply;
        // Messages report these events with their texts, so readers do not need them.
        if (isCurrent()) this.#advance(state.epoch === epoch ? { ...this.#state, start: state.start } : state, 1, []);
        return reply;
      },
      onRemoved: (sequence) => {
        if (isCurrent()) this.#advance({ ...this.#state, start: sequence }, 1, []);
      },
    };
  }
}
