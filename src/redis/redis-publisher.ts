import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { TailcastError } from "../error.ts";
import { RedisFailure, unavailable } from "./connections/failure.ts";
import type { Link } from "./connections/link.ts";
import type { Appended, Batch, LogState } from "./log-store.ts";

/** The largest batch. Meanwhile, Redis executes nothing else. */
const MAX_BATCH_EVENTS = 1000;
const MAX_BATCH_BYTES = 1024 * 1024;

/** The time before a batch is sent again, in milliseconds. */
const RETRY_DELAY = 50;

/** The approximate memory that a waiting event needs in addition to its text, in bytes. */
const EVENT_OVERHEAD = 300;

/** The size of the events of all logs that wait. */
export interface QueuedBytes {
  value: number;
  readonly limit: number;
}

interface Waiting {
  /** The object that publishes the event. */
  readonly user: object;
  /** `undefined`: completes the log. */
  readonly json: string | undefined;
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: (id: string) => void;
  readonly reject: (error: unknown) => void;
  isSettled: boolean;
}

/** The object that stores the batches of a {@link RedisPublisher}. */
export interface Appender {
  append(batch: Batch): Promise<Appended>;
  /** Called with the stored events, before their message arrives. */
  onAppended(state: LogState, epoch: string, first: number, events: readonly string[]): void;
}

/**
 * Sends the events of one log to Redis: those of one turn together, one batch at a time, in order. A batch whose answer
 * is lost is sent again with the same number, and Redis stores it once. Each promise settles in time.
 */
export class RedisPublisher {
  readonly #link: Link;
  readonly #timeout: number;
  readonly #queued: QueuedBytes;
  readonly #appender: Appender;
  #waiting: Waiting[] = [];
  /** The batch that was sent and has no answer yet. */
  #sent: readonly Waiting[] = [];
  /** Whether Redis may have stored that batch. */
  #isUncertain = false;
  #lastFailure: unknown = new Error("Redis is not connected");
  /** A log that is opened again counts from 0 again, so each publisher has its own name. */
  readonly #writer = randomBytes(8).toString("hex");
  #number = 0;
  #isRunning = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(link: Link, timeout: number, queued: QueuedBytes, appender: Appender) {
    this.#link = link;
    this.#timeout = timeout;
    this.#queued = queued;
    this.#appender = appender;
  }

  /**
   * Appends an event and resolves with its id.
   *
   * @param json - The event as it is stored; `undefined` completes the log.
   * @param user - The object that publishes it.
   */
  publish(json: string | undefined, user: object): Promise<string> {
    if (this.#isClosed) return Promise.reject(closedError());
    const bytes = (json?.length ?? 0) + EVENT_OVERHEAD;
    if (this.#queued.value + bytes > this.#queued.limit) {
      const problem = new Error(`events of ${this.#queued.value} bytes are already waiting for Redis (maxQueuedBytes)`);
      return Promise.reject(unavailable("publish the event", problem));
    }
    this.#queued.value += bytes;
    return new Promise((resolve, reject) => {
      const deadline = performance.now() + this.#timeout;
      this.#waiting.push({ user, json, bytes, deadline, resolve, reject, isSettled: false });
      this.#timer ??= this.#expireIn(this.#timeout);
      if (this.#isRunning) return;
      this.#isRunning = true;
      queueMicrotask(() => void this.#run());
    });
  }

  /** Rejects the events of a user that are not stored. */
  leave(user: object): void {
    this.#rejectAll((waiting) => waiting.user === user);
  }

  /** Rejects all events that are not stored. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#rejectAll(() => true);
  }

  #rejectAll(isRejected: (waiting: Waiting) => boolean): void {
    for (const waiting of this.#sent.filter(isRejected)) {
      this.#reject(waiting, this.#lateError(new Error("the log was closed")));
    }
    for (const waiting of this.#waiting.filter(isRejected)) this.#reject(waiting, closedError());
    this.#waiting = this.#waiting.filter(({ isSettled }) => !isSettled);
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#link.ready(this.#timeout);
      // Late events are no longer there.
      if (!this.#link.isReady || this.#waiting.length === 0) continue;
      this.#sent = this.#takeBatch();
      await this.#store();
      this.#sent = [];
    }
    this.#isRunning = false;
  }

  #takeBatch(): Waiting[] {
    let size = 0;
    let count = 0;
    for (const { json, bytes } of this.#waiting) {
      size += bytes;
      if (count > 0 && (count === MAX_BATCH_EVENTS || size > MAX_BATCH_BYTES)) break;
      count++;
      // Events after the end of the log are refused, so they are in a separate batch.
      if (json === undefined) break;
    }
    return this.#waiting.splice(0, count);
  }

  /**
   * Stores the sent batch. It tries until the batch is stored or refused, or until the time limits of all its events
   * have passed.
   */
  async #store(): Promise<void> {
    const number = ++this.#number;
    let wasUnanswered = false;
    while (this.#sent.some(({ isSettled }) => !isSettled)) {
      // Redis has stored nothing of the batch. The rejected events must not be stored with the others.
      if (!wasUnanswered) this.#sent = this.#sent.filter(({ isSettled }) => !isSettled);
      const events = this.#sent.flatMap(({ json }) => json ?? []);
      const isLast = this.#sent.some(({ json }) => json === undefined);
      const batch = { writer: this.#writer, number, events, isLast };
      try {
        this.#isUncertain = true;
        const { state, epoch, first } = await this.#appender.append(batch);
        for (const [index, waiting] of this.#sent.entries()) {
          if (first === 0 && waiting.json !== undefined) this.#reject(waiting, completeError());
          else this.#resolve(waiting, `${epoch}-${first + index}`);
        }
        this.#appender.onAppended(state, epoch, first, events);
        return;
      } catch (error) {
        this.#lastFailure = error;
        wasUnanswered ||= !(error instanceof RedisFailure) || error.isUncertain;
        this.#isUncertain = wasUnanswered;
        if (error instanceof RedisFailure && !error.isTemporary) {
          for (const waiting of this.#sent) this.#reject(waiting, this.#lateError(error));
          return;
        }
      }
      if (this.#isClosed) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY));
      await this.#link.ready(this.#timeout);
      // The process may have been stopped for longer than Redis remembers the batch.
      this.#rejectLate();
    }
  }

  /** Calls `#expire` after this time. If the process was busy, it first reads the answers that have arrived. */
  #expireIn(time: number): NodeJS.Timeout {
    return setTimeout(() => setImmediate(() => this.#expire()), time);
  }

  /** Rejects the events of the sent batch whose time limit has passed. */
  #rejectLate(): void {
    const now = performance.now();
    for (const waiting of this.#sent) {
      if (waiting.deadline <= now) this.#reject(waiting, this.#lateError(this.#lastFailure));
    }
  }

  /** Rejects the events whose time limit has passed. */
  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    this.#rejectLate();
    const firstInTime = this.#waiting.findIndex(({ deadline }) => deadline > now);
    const late = this.#waiting.splice(0, firstInTime === -1 ? this.#waiting.length : firstInTime);
    for (const waiting of late) this.#reject(waiting, unavailable("publish the event", this.#lastFailure));
    const next = [...this.#sent, ...this.#waiting].find(({ isSettled }) => !isSettled);
    if (next !== undefined) this.#timer = this.#expireIn(next.deadline - now);
  }

  /** Returns the error for an event of the sent batch. */
  #lateError(cause: unknown): TailcastError {
    if (!this.#isUncertain) return unavailable("publish the event", cause);
    const isPartial = cause instanceof RedisFailure && cause.kind === "partial";
    const failure = isPartial ? `Redis failed while it stored the event (${cause.message})` : undefined;
    const problem = failure ?? "Redis did not answer in time";
    const message = `Cannot publish the event: ${problem}, and the event may or may not be stored`;
    return new TailcastError("LOG_TIMEOUT", message, { cause });
  }

  #resolve(waiting: Waiting, id: string): void {
    if (this.#settle(waiting)) waiting.resolve(id);
  }

  #reject(waiting: Waiting, error: unknown): void {
    if (this.#settle(waiting)) waiting.reject(error);
  }

  /** Returns whether the event was not settled before. */
  #settle(waiting: Waiting): boolean {
    if (waiting.isSettled) return false;
    waiting.isSettled = true;
    this.#queued.value -= waiting.bytes;
    return true;
  }
}

function closedError(): TailcastError {
  return new TailcastError("CHANNEL_CLOSED", "Cannot publish the event: the log was closed");
}

/** Returns the error for an event after the end of a log. */
export function completeError(): TailcastError {
  return new TailcastError("CHANNEL_CLOSED", "Cannot publish the event: the log is complete");
}
