import { performance } from "node:perf_hooks";

/**
 * Limits work to a share of the time, which leaves the rest to other work of the process. Unused time accumulates up to
 * a limit, and a burst after a pause may use it immediately.
 */
export class TimeBudget {
  readonly #share: number;
  readonly #maxSaved: number;
  #saved: number;
  #countedAt: number = performance.now();

  /**
   * @param share - Between 0 and 1.
   * @param maxSaved - The longest burst, in milliseconds.
   */
  constructor(share: number, maxSaved: number) {
    this.#share = share;
    this.#maxSaved = maxSaved;
    this.#saved = maxSaved;
  }

  /** The time until work may continue, in milliseconds; 0 when it may continue now. */
  wait(now: number = performance.now()): number {
    this.#saved = Math.min(this.#maxSaved, this.#saved + (now - this.#countedAt) * this.#share);
    this.#countedAt = now;
    return Math.max(0, -this.#saved / this.#share);
  }

  /** Records the work that was done since `start`. */
  note(start: number): void {
    this.#saved -= performance.now() - start;
  }
}
