import type { ChannelHistory } from "./history.ts";
import type { EventLog } from "../log/event-log.ts";

interface Waiter {
  /** The event that must be stored. */
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores what was published, one write at a time, and reveals it afterwards. While a write is under way the next batch
 * gathers, so that a slow disk makes batches larger instead of many.
 */
export class HistoryWriter {
  readonly #append: NonNullable<ChannelHistory["append"]>;
  readonly #log: EventLog;
  readonly #onReveal: () => void;
  #isWriting = false;
  #failure: { readonly error: unknown } | undefined;
  #waiters: Waiter[] = [];

  /** @param onReveal - Called when more events can be seen. */
  constructor(append: NonNullable<ChannelHistory["append"]>, log: EventLog, onReveal: () => void) {
    this.#append = append;
    this.#log = log;
    this.#onReveal = onReveal;
  }

  /** Begins to store what was published, unless a write is under way: then that has to be asked for again after it. */
  write(): void {
    if (this.#isWriting) return;
    this.#log.seal();
    const segments = this.#log.hidden();
    const last = segments.at(-1);
    if (last === undefined) return;
    this.#isWriting = true;
    const pieces = segments.map(({ chunk }) => chunk.plain.payload);
    void this.#store(pieces, last.next).then(() => {
      this.#isWriting = false;
      this.#log.reveal(last.next);
      this.#settle();
      this.#onReveal();
    });
  }

  /** Resolves when everything that was published so far is stored. Rejects when it could not be. */
  stored(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ sequence: this.#log.published, resolve, reject });
      this.#settle();
    });
  }

  async #store(pieces: readonly Buffer[], next: number): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#append(pieces, next);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #settle(): void {
    const isDone = ({ sequence }: Waiter): boolean => sequence < this.#log.end;
    const done = this.#waiters.filter(isDone);
    if (done.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !isDone(waiter));
    for (const { resolve, reject } of done) {
      if (this.#failure === undefined) resolve();
      else reject(this.#failure.error);
    }
  }
}
