/** How often the time changes at most, in milliseconds: each change makes a new record of the build. */
const INTERVAL = 1000;

/** When the commands of a build have last printed. */
export class OutputTime {
  /** In milliseconds since 1970; `-Infinity` before the first output. */
  #last = -Infinity;

  /** Records that output was read. The method is bound, so callers can pass it as a callback. */
  readonly note = (): void => {
    this.#last = Date.now();
  };

  /**
   * The time in ISO 8601, UTC; `null` before the first output.
   *
   * @param known - The time that this returned before. A time that is less than a second newer does not replace it.
   */
  since(known: string | null): string | null {
    const earliest = known === null ? -Infinity : Date.parse(known) + INTERVAL;
    return this.#last === -Infinity || this.#last < earliest ? known : new Date(this.#last).toISOString();
  }
}
