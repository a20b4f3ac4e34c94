/**
 * Runs one write at a time. A write stores everything up to its start, so all callers during a write share the next
 * one: a slow disk makes writes larger, not more numerous.
 */
export class SingleWriter {
  readonly #write: () => Promise<void>;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param write - Stores everything that is known when it is called. */
  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when a write that started after this call has succeeded; rejects when that write has failed. */
  write(): Promise<void> {
    this.#next ??= (this.#running ?? Promise.resolve()).catch(() => undefined).then(() => this.#start());
    return this.#next;
  }

  /** Resolves when no write is running or requested. Never rejects. */
  async idle(): Promise<void> {
    while (this.#next !== undefined || this.#running !== undefined) {
      await (this.#next ?? this.#running)?.catch(() => undefined);
    }
  }

  #start(): Promise<void> {
    this.#next = undefined;
    this.#running = this.#write().finally(() => (this.#running = undefined));
    return this.#running;
  }
}
