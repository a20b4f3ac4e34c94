import { jittered } from "../clients/jitter.ts";

/** The first and the longest delay before a store is asked again, in milliseconds, before jitter. */
const FIRST_DELAY = 50;
const LONGEST_DELAY = 1000;

/** The delays between requests to a store that does not answer: they double, with jitter, up to a limit. */
export class Backoff {
  #delay = FIRST_DELAY;

  /** Whether no request has failed after the last answer. */
  get isReset(): boolean {
    return this.#delay === FIRST_DELAY;
  }

  /** Returns the time until the next request, in milliseconds. */
  next(): number {
    const delay = this.#delay;
    this.#delay = Math.min(2 * delay, LONGEST_DELAY);
    return jittered(delay);
  }

  /** Records an answer. */
  reset(): void {
    this.#delay = FIRST_DELAY;
  }
}
