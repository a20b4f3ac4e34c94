import { TailcastError } from "../error.ts";
import { decodeChunk } from "../protocol/decode-stream.ts";
import { EventStreamDecoder } from "../protocol/decode.ts";
import { Connection } from "./connection.ts";
import { followSettings } from "./follow-settings.ts";
import { reconnectDelay } from "./reconnect-delay.ts";
import type { DecodedEvent } from "../protocol/decode.ts";
import type { ConnectionReport } from "./connection-report.ts";
import type { FollowOptions } from "./follow-options.ts";
import type { FollowSettings } from "./follow-settings.ts";

/** The reasons for which the follower itself closes a connection. */
const LEFT: unique symbol = Symbol("left");
const RECONNECT: unique symbol = Symbol("reconnect");

/**
 * Follows an event stream through all its connections (WHATWG HTML 9.2): reads events, reconnects with the last event
 * ID, and ends when the server says so.
 *
 * ```js
 * for await (const { type, data } of follow("http://127.0.0.1:3000/api/log/push")) console.log(type, data);
 * ```
 *
 * - The iteration ends after 204. It throws `STREAM_REFUSED` after another status or type of content, unless
 *   `retryStatuses` or `anyContentType` allows it.
 * - Otherwise the client reconnects: after the end of a response, a network error, or `silence`. It waits for the time
 *   that the stream has set with `retry:`, longer after consecutive failures.
 * - It reads only as fast as the loop: a slow loop makes the connection wait, and no events gather in memory.
 * - When the loop ends, by `break`, `return`, an error or `signal`, the client closes the connection at once.
 *
 * @param url - An address with `http:` or `https:`; in a browser it can be relative. Credentials in it become a header.
 * @throws {TailcastError} `INVALID_OPTION` at the call. From the iteration: `STREAM_REFUSED`; `STREAM_LOST` after
 * `retry.attempts`; `EVENT_TOO_LARGE`, after the events before it.
 */
export function follow(url: string | URL, options: FollowOptions = {}): EventFollower {
  return new EventFollower(followSettings(url, options));
}

/** The events of a stream, in order. One loop reads it; `follow()` makes it. */
export class EventFollower implements AsyncIterableIterator<DecodedEvent, void, undefined> {
  readonly #settings: FollowSettings;
  readonly #decoder: EventStreamDecoder;
  readonly #events: AsyncGenerator<DecodedEvent, void, undefined>;
  #connection: Connection | undefined;
  /** Ends the wait before a connection. */
  #wake: (() => void) | undefined;
  /** Whether the reader has left. */
  #isLeft = false;
  /** The number of consecutive connections without a byte of the stream. */
  #attempt = 0;
  #lastEventId: string;

  /** @internal Use `follow()`. */
  constructor(settings: FollowSettings) {
    this.#settings = settings;
    const { maxEventBytes, lastEventId } = settings;
    this.#decoder = new EventStreamDecoder({ maxEventBytes, lastEventId });
    this.#lastEventId = lastEventId;
    this.#events = this.#follow();
  }

  /** The last event ID after the events that the loop has received; a program can store it to resume later. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** Resolves with the next event, or with the end of the stream. */
  next(): Promise<IteratorResult<DecodedEvent, void>> {
    return this.#events.next();
  }

  /** Closes the connection. The pending `next()` resolves with the end. */
  async return(): Promise<IteratorResult<DecodedEvent, void>> {
    this.#isLeft = true;
    this.#connection?.close(LEFT);
    this.#wake?.();
    return this.#events.return();
  }

  /** Closes the connection at once and reconnects with the last event ID, without a delay. */
  reconnect(): void {
    this.#connection?.close(RECONNECT);
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The same as `return()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async *#follow(): AsyncGenerator<DecodedEvent, void, undefined> {
    const { signal } = this.#settings;
    const abort = (): void => {
      this.#connection?.close(signal?.reason);
      this.#wake?.();
    };
    signal?.addEventListener("abort", abort);
    let error: unknown;
    try {
      for (;;) {
        this.#throwIfAborted();
        const ended = this.#isLeft ? "for good" : yield* this.#connect();
        if (ended === "for good") return;
        await this.#wait(ended);
      }
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#connection?.close(LEFT);
      this.#report("closed", error);
    }
  }

  /** Reads one connection to its end. */
  async *#connect(): AsyncGenerator<DecodedEvent, ConnectionEnd, undefined> {
    this.#attempt++;
    // The report may close the connection: it calls code of the reader.
    const connection = new Connection(this.#settings);
    this.#connection = connection;
    this.#report("connecting");
    const answer = await settle(connection.open(this.#decoder.lastEventId));
    if ("error" in answer) return this.#failed(answer.error);
    if (answer.value === "no-content") return "for good";
    if (answer.value !== "stream") return answer.value;
    this.#report("open");
    for (;;) {
      const read = await settle(connection.read());
      if ("error" in read) return this.#failed(read.error);
      if (read.value === undefined) break;
      if (read.value.length > 0) this.#attempt = 0;
      for (const event of decodeChunk(this.#decoder, read.value)) {
        this.#lastEventId = event.lastEventId;
        yield event;
        this.#throwIfAborted();
      }
      // An event without data moves the last event ID, too.
      this.#lastEventId = this.#decoder.lastEventId;
    }
    this.#decoder.end();
    return { error: undefined, retryAfter: 0 };
  }

  /** Returns how a connection that failed continues. @throws When it does not. */
  #failed(error: unknown): ConnectionEnd {
    this.#throwIfAborted();
    if (error === LEFT) return "for good";
    // The rest of an event that was cut off is discarded.
    this.#decoder.end();
    if (error === RECONNECT) return "at once";
    if (error instanceof TailcastError && error.code === "STREAM_REFUSED") throw error;
    return { error, retryAfter: 0 };
  }

  async #wait(ended: Exclude<ConnectionEnd, "for good">): Promise<void> {
    if (ended === "at once") return;
    const { url, retry } = this.#settings;
    const { error, retryAfter } = ended;
    if (this.#attempt >= retry.attempts) {
      const message = `Cannot follow ${url}: ${retry.attempts} consecutive attempts brought no byte of the stream`;
      throw new TailcastError("STREAM_LOST", message, { cause: error });
    }
    const delay = Math.max(reconnectDelay(retry, this.#decoder.retry, this.#attempt), retryAfter);
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, delay);
        this.#report("waiting", error, delay);
      });
    } finally {
      clearTimeout(timer);
      this.#wake = undefined;
    }
  }

  #throwIfAborted(): void {
    this.#settings.signal?.throwIfAborted();
  }

  #report(state: ConnectionReport["state"], error?: unknown, delay?: number): void {
    this.#settings.onConnection({ state, attempt: this.#attempt, delay, error });
  }
}

/** Why a connection is over: the reader left or nothing follows, `reconnect()` was called, or it ended or failed. */
type ConnectionEnd = "for good" | "at once" | { readonly error: unknown; readonly retryAfter: number };

/** Returns the result of a promise as a value: an error of the network is no error of the iteration. */
function settle<Value>(promise: Promise<Value>): Promise<{ readonly value: Value } | { readonly error: unknown }> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}
