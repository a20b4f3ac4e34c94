import { performance } from "node:perf_hooks";
import { RedisFailure } from "./failure.ts";
import type { RedisClient, RedisConnection } from "./redis-client.ts";

/** The shortest and the longest time between two attempts to connect, in milliseconds, without jitter. */
const MIN_DELAY = 50;
const MAX_DELAY = 1000;

/** The object that receives the reports of a {@link Link}. */
export interface LinkListener {
  /** Called when there is a new connection. It has no subscriptions yet. */
  onReady(): void;
  /** Called when the connection has ended, or could not be opened. */
  onDown(error: unknown): void;
  onMessage(channel: string, message: string): void;
}

/** A connection to Redis. When it ends, the link opens it again. */
export class Link {
  readonly #client: RedisClient;
  readonly #timeout: number;
  readonly #listener: LinkListener;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** The connection that new commands use. */
  #connection: RedisConnection | undefined;
  /** The connection that has not ended. */
  #current: RedisConnection | undefined;
  /** The number of commands without an answer. */
  #pending = 0;
  /** When Redis last answered a command. */
  #answeredAt = -Infinity;
  #lastError: unknown = new Error("there is no connection yet");

  /** @param timeout - The longest time for a connection and for an answer, in milliseconds. */
  constructor(client: RedisClient, timeout: number, listener: LinkListener) {
    this.#client = client;
    this.#timeout = timeout;
    this.#listener = listener;
    void this.#run();
  }

  get isReady(): boolean {
    return this.#connection !== undefined;
  }

  /** Resolves when there is a connection, when `close` was called, or after `timeout` milliseconds. */
  ready(timeout: number): Promise<void> {
    if (this.isReady || this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, timeout);
      this.#waiting.add(wake);
    });
  }

  /**
   * Sends a command. If Redis answers neither this command nor others in time, the link replaces the connection, which
   * may be dead.
   *
   * @throws {RedisFailure}
   */
  command(args: readonly string[]): Promise<unknown> {
    return this.#answer((connection) => connection.command(args));
  }

  /** Subscribes to channels. @throws {RedisFailure} */
  subscribe(channels: readonly string[]): Promise<unknown> {
    return this.#answer((connection) => connection.subscribe(channels));
  }

  /** Unsubscribes from channels. @throws {RedisFailure} */
  unsubscribe(channels: readonly string[]): Promise<unknown> {
    return this.#answer((connection) => connection.unsubscribe(channels));
  }

  /** Replaces the connection when its commands are answered. */
  reset(): void {
    this.#connection = undefined;
    this.#endIdle();
  }

  close(): void {
    this.#stop.abort();
    this.#current?.destroy();
    this.#wake();
  }

  async #answer(send: (connection: RedisConnection) => Promise<unknown>): Promise<unknown> {
    const connection = this.#connection;
    if (connection === undefined || this.#stop.signal.aborted) {
      const { message } = RedisFailure.of(this.#lastError);
      throw new RedisFailure("unsent", `Redis is not connected (${message})`, this.#lastError);
    }
    let isAnswered = false;
    let onLate: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      onLate = () => {
        if (isAnswered) return;
        reject(new RedisFailure("unanswered", `Redis did not answer within ${this.#timeout} ms`));
        // Many commands wait. With another connection, they would be sent once more.
        if (performance.now() - this.#answeredAt < this.#timeout) return;
        // The end of a connection takes time. New commands wait for the next one.
        if (connection === this.#connection) this.#connection = undefined;
        connection.destroy();
      };
    });
    // This process may have been busy. The immediate runs after it has read the answers that have arrived.
    const timer = setTimeout(() => setImmediate(onLate), this.#timeout);
    this.#pending++;
    try {
      return await Promise.race([this.#send(send, connection), late]);
    } finally {
      isAnswered = true;
      clearTimeout(timer);
      this.#pending--;
      this.#endIdle();
    }
  }

  /** Sends a command, and notes when its answer arrives, even when that is too late. */
  async #send(send: (to: RedisConnection) => Promise<unknown>, connection: RedisConnection): Promise<unknown> {
    try {
      const reply = await send(connection);
      this.#answeredAt = performance.now();
      return reply;
    } catch (error) {
      const failure = RedisFailure.of(error);
      if (failure.kind !== "unanswered") this.#answeredAt = performance.now();
      throw failure;
    }
  }

  /** Ends a connection that is to be replaced, when it waits for no answer. */
  #endIdle(): void {
    if (this.#connection === undefined && this.#pending === 0) this.#current?.destroy();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const connection = await this.#connect();
        failures = 0;
        if (signal.aborted) return connection.destroy();
        this.#connection = this.#current = connection;
        this.#listener.onReady();
        this.#wake();
        this.#lastError = await connection.ended;
      } catch (error) {
        this.#lastError = error;
      }
      this.#connection = this.#current = undefined;
      if (signal.aborted) return;
      this.#listener.onDown(this.#lastError);
      await this.#pause(Math.min(MAX_DELAY, MIN_DELAY * 2 ** failures));
    }
  }

  async #connect(): Promise<RedisConnection> {
    const attempt = new AbortController();
    const abort = (): void => attempt.abort();
    const timer = setTimeout(abort, this.#timeout);
    this.#stop.signal.addEventListener("abort", abort);
    try {
      const { onMessage } = this.#listener;
      return await this.#client.connect(onMessage, attempt.signal);
    } finally {
      clearTimeout(timer);
      this.#stop.signal.removeEventListener("abort", abort);
    }
  }

  /** Waits for between one and two times this time: many processes lose a server at the same time. */
  #pause(time: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, time * (1 + Math.random()));
      signal.addEventListener("abort", end);
    });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }
}
