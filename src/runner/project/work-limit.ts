/**
 * Limits the work that files of a project can cause: bytes that are read, characters that are compared. One unit costs
 * a few nanoseconds. The code that does the work spends units before each part of it, and stops when the limit is
 * reached; its result is then unknown.
 */
export class WorkLimit {
  #left: number;

  /** @param units - How much work is allowed. */
  constructor(units: number) {
    this.#left = units;
  }

  /** Whether no work is left. */
  get isReached(): boolean {
    return this.#left <= 0;
  }

  /** Spends units. */
  spend(units: number): void {
    this.#left -= units;
  }
}
