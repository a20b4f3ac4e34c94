/**
 * The ids that the application provided, with their sequence numbers. The log's own ids need no index: they contain the
 * sequence number.
 */
export class CustomIds {
  readonly #sequences = new Map<string, number>();
  #isUsed = false;
  /** The application's id of the event before the oldest one. A client with this id still resumes without a gap. */
  #beforeOldest: string | undefined;

  /** Whether the application has provided an id so far. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  add(id: string, sequence: number): void {
    this.#isUsed = true;
    this.#sequences.set(id, sequence);
  }

  /** Returns the sequence number of the last event with this id, if the log has it. */
  find(id: string): number | undefined {
    return this.#sequences.get(id);
  }

  /**
   * Records that the oldest event was removed.
   *
   * @param sequence - Its sequence number.
   * @param id - Its id, if the application provided it.
   */
  removeOldest(sequence: number, id: string | undefined): void {
    const forgotten = this.#beforeOldest;
    // If the application used an id twice, the id refers to the later event.
    if (forgotten !== undefined && this.#sequences.get(forgotten) === sequence - 1) this.#sequences.delete(forgotten);
    this.#beforeOldest = id;
  }
}
