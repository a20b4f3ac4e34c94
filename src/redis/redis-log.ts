import { TailcastError } from "../error.ts";
import type { HistoryReader } from "../channel/history/history.ts";
import type { LogFollower, SharedLog } from "../channel/history/shared-log.ts";
import type { PublishedEvent } from "../channel/log/published-event.ts";
import type { LogState } from "./log-store.ts";
import type { TopicLog } from "./topic-log.ts";

/**
 * A log in Redis, made by `RedisLogs.open`. Any number of processes append to it and show it, with the same ids. See
 * `SharedLog` for its members.
 *
 * Each call of `open` returns a separate object. `close` ends only the followers and the pending calls of this object;
 * it does not affect other objects with the same topic.
 */
export class RedisLog implements SharedLog {
  /** Its name. */
  readonly topic: string;
  readonly #log: TopicLog;
  readonly #onClose: () => void;
  readonly #stops = new Set<() => void>();
  /** The state when it was closed. */
  #lastState: LogState | undefined;

  /** The package does not export the class as a value: use `RedisLogs.open`. */
  constructor(log: TopicLog, onClose: () => void) {
    this.topic = log.topic;
    this.#log = log;
    this.#onClose = onClose;
  }

  get epoch(): string {
    return this.#state.epoch;
  }

  get start(): number {
    return this.#state.start;
  }

  get end(): number {
    return this.#state.end;
  }

  get isComplete(): boolean {
    return this.#state.isComplete;
  }

  async publish(event: PublishedEvent | string): Promise<string> {
    this.#assertOpen("publish to");
    return this.#log.publish(event, this);
  }

  async complete(): Promise<void> {
    this.#assertOpen("complete");
    await this.#log.complete(this);
  }

  follow(follower: LogFollower): () => void {
    this.#assertOpen("follow");
    const leave = this.#log.follow(follower);
    const stop = (): void => {
      this.#stops.delete(stop);
      leave();
    };
    this.#stops.add(stop);
    return stop;
  }

  async refresh(): Promise<void> {
    this.#assertOpen("refresh");
    await this.#log.load();
  }

  read(sequence: number): HistoryReader {
    this.#assertOpen("read");
    return this.#log.read(sequence);
  }

  async close(): Promise<void> {
    if (this.#lastState !== undefined) return;
    this.#lastState = this.#log.state;
    for (const stop of this.#stops) stop();
    this.#log.leave(this);
    this.#onClose();
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get #state(): LogState {
    return this.#lastState ?? this.#log.state;
  }

  #assertOpen(action: string): void {
    if (this.#lastState === undefined && !this.#log.isClosed) return;
    throw new TailcastError("CHANNEL_CLOSED", `Cannot ${action} the log: it was closed`);
  }
}
