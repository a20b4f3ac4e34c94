/**
 * A stream that ends within this time, in milliseconds, without an event was turned away: a full server answers 200
 * with a reconnection time and ends the stream, because a browser never reconnects after any other status.
 */
export const TRIAL = 2000;

/** The number of consecutive streams turned away after which the server counts as full. */
const TRIALS_BEFORE_WAITING = 2;

/** The pause for a full server starts with that of this attempt, some seconds, to keep load off the server. */
const FULL_ATTEMPT = 3;

/**
 * Decides how long the page waits before its next attempt to connect, and whether the server is full. It uses no
 * stream and no clock: times are arguments, in milliseconds since 1970.
 */
export class RetryPolicy {
  #attempt = 0;
  /** The number of consecutive streams that were turned away. */
  #turnedAway = 0;
  /** The time at which the stream opened; `undefined` after its first event or its end. */
  #openedAt: number | undefined;

  /** Whether the stream is open, but may still be turned away. */
  get isOnTrial(): boolean {
    return this.#openedAt !== undefined;
  }

  /** Whether the last stream was turned away, so that another open stream is no proof of a connection. */
  get isDoubtful(): boolean {
    return this.#turnedAway > 0;
  }

  /** Whether the server turns each stream away. */
  get isFull(): boolean {
    return this.#turnedAway >= TRIALS_BEFORE_WAITING;
  }

  /** Notes that the stream has opened. */
  opened(now: number): void {
    this.#openedAt = now;
  }

  /** Notes that the stream had an event, or stayed open for {@link TRIAL}. */
  accepted(): void {
    this.#turnedAway = 0;
    this.#openedAt = undefined;
  }

  /** Notes that the page is connected: the next pause is short again. */
  connected(): void {
    this.#attempt = 0;
  }

  /** Notes the end of the stream. An attempt that never opened does not show whether the server is full. */
  ended(now: number): void {
    if (this.#openedAt === undefined) return;
    this.#turnedAway = now - this.#openedAt < TRIAL ? this.#turnedAway + 1 : 0;
    this.#openedAt = undefined;
  }

  /** Notes that the page itself has closed the stream. */
  disconnected(): void {
    this.#openedAt = undefined;
  }

  /**
   * Returns the pause before the next attempt, in milliseconds. Each call counts as an attempt.
   *
   * @param random - From 0 to 1.
   */
  nextDelay(random: number): number {
    if (this.isFull) this.#attempt = Math.max(this.#attempt, FULL_ATTEMPT);
    return retryDelay(this.#attempt++, random);
  }
}

/**
 * Returns the pause before an attempt, in milliseconds: up to 1 s, 2 s, 4 s ... 30 s. The upper half is random, so that
 * the tabs that a restart disconnected do not all reconnect at the same moment.
 */
export function retryDelay(attempt: number, random: number): number {
  return Math.min(30_000, 1000 * 2 ** attempt) * (0.5 + random / 2);
}
