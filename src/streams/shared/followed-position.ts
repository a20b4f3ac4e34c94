import { TailcastError } from "../../error.ts";
import type { FollowedEvent } from "./log-events.ts";

/** The place up to which a copy in memory has followed a shared log, for requests that need the copy up to date. */
export class FollowedPosition {
  #epoch: string;
  #end = 1;
  #failure: unknown;
  #waiters: (() => void)[] = [];

  /** @param epoch - The epoch of the log. */
  constructor(epoch: string) {
    this.#epoch = epoch;
  }

  /** The epoch of the last event that the copy has. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Records that the copy has these events. */
  advance(events: readonly FollowedEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    this.#epoch = last.epoch;
    // The id of a gap is that of the event before the next one.
    this.#end = last.sequence + 1;
    this.#wake();
  }

  /**
   * Resolves when the copy has the events of the epoch that precede `end`.
   *
   * @param wait - The maximum time to wait, in milliseconds.
   * @throws {TailcastError} (as a rejection) `LOG_UNAVAILABLE` when that takes too long; the error passed to `fail`.
   */
  async reach(end: number, epoch: string, wait: number): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, wait);
    try {
      while (this.#end < end || this.#epoch !== epoch) {
        if (this.#failure !== undefined) throw this.#failure;
        if (isLate) {
          const reason = "the events were not read in time; try again later";
          throw new TailcastError("LOG_UNAVAILABLE", `Cannot read the log: ${reason}`);
        }
        await new Promise<void>((resolve) => this.#waiters.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Rejects calls that wait, and later ones. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
