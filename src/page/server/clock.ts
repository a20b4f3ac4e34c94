const SECOND = 1000;

/** How late a busy server may update the text of its time, which it keeps for a second; in milliseconds. */
const SLACK = 500;

/**
 * The server's clock, from the `Date` fields of its answers (RFC 9110, section 6.6.1).
 *
 * A field counts whole seconds and was written at some moment between request and answer, so each answer only gives
 * bounds for the difference to the browser's clock. Together the answers narrow the bounds, so times based on this
 * clock do not jump back and forth.
 */
export class ServerClock {
  #low = -Infinity;
  #high = Infinity;

  /** The server's time, in milliseconds since 1970. */
  now(): number {
    // Most clocks agree. A correction smaller than the uncertainty would do more harm than good.
    const mayAgree = this.#low <= 0 && this.#high >= 0;
    return Date.now() + (mayAgree ? 0 : (this.#low + this.#high) / 2);
  }

  /** Notes the `Date` field of an answer; both times are the browser's, in milliseconds since 1970. */
  note(dateField: string | null, requestedAt: number, receivedAt: number): void {
    const served = dateField === null ? Number.NaN : Date.parse(dateField);
    if (Number.isNaN(served)) return;
    const low = served - SLACK - receivedAt;
    const high = served + SECOND + SLACK - requestedAt;
    // If they contradict, one of the clocks was set, and the earlier bounds are void.
    const isConsistent = low <= this.#high && high >= this.#low;
    this.#low = isConsistent ? Math.max(low, this.#low) : low;
    this.#high = isConsistent ? Math.min(high, this.#high) : high;
  }
}
