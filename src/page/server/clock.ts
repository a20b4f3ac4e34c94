const SECOND = 1000;

/** How late a busy server may be with the text of the time, which it keeps for a second, in milliseconds. */
const SLACK = 500;

/**
 * The server's clock, from the `Date` fields of its answers (RFC 9110, section 6.6.1).
 *
 * A field counts whole seconds and was written somewhere between request and answer, so each answer only says between
 * which bounds the difference to our clock is. All answers together bring the bounds closer: what is reckoned with this
 * clock does not jump to and fro with every one of them.
 */
export class ServerClock {
  #low = -Infinity;
  #high = Infinity;

  /** The server's time, in milliseconds since 1970. */
  now(): number {
    // Most clocks agree. Correcting one by less than the doubt would do more harm than good.
    const mayAgree = this.#low <= 0 && this.#high >= 0;
    return Date.now() + (mayAgree ? 0 : (this.#low + this.#high) / 2);
  }

  /** Takes in the `Date` field of an answer; the two times are ours, in milliseconds since 1970. */
  note(dateField: string | null, requestedAt: number, receivedAt: number): void {
    const served = dateField === null ? Number.NaN : Date.parse(dateField);
    if (Number.isNaN(served)) return;
    const low = served - SLACK - receivedAt;
    const high = served + SECOND + SLACK - requestedAt;
    // Otherwise one of the clocks was set, and what was known of it is void.
    const isConsistent = low <= this.#high && high >= this.#low;
    this.#low = isConsistent ? Math.max(low, this.#low) : low;
    this.#high = isConsistent ? Math.min(high, this.#high) : high;
  }
}
