import { retryDelay } from "./retry-policy.ts";

/** The time without another `gap` event after which the next pause is short again, in milliseconds. */
const CALM = 10_000;

/**
 * The pauses after `gap` events. A browser that is too slow for a stream gets one gap after another. Without pauses, it
 * would request the log again each time, as fast as it can.
 */
export class GapPause {
  #attempt = 0;
  #calmAt = 0;

  /**
   * Returns the pause after a gap, in milliseconds: none after a single one.
   *
   * @param now - In milliseconds since 1970.
   * @param random - From 0 to 1.
   */
  next(now: number, random: number): number {
    this.#attempt = now < this.#calmAt ? this.#attempt + 1 : 0;
    const pause = this.#attempt === 0 ? 0 : retryDelay(this.#attempt - 1, random);
    this.#calmAt = now + pause + CALM;
    return pause;
  }
}
