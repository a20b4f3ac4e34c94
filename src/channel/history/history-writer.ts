import type { ChannelHistory } from "./history.ts";
import type { EventLog } from "../log/event-log.ts";

interface Waiter {
  /** The event that must be stored. */
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Stores published events, one write at a time, and then reveals them. During a write, new events collect in the next
 * batch, so a slow disk causes larger batches instead of more writes.
 */
export class HistoryWriter {
  readonly #append: NonNullable<ChannelHistory["append"]>;
  readonly #log: EventLog;
  readonly #onReveal: () => void;
  readonly #onFailure: (error: unknown) => void;
  #isWriting = false;
  #failure: { readonly error: unknown } | undefined;
  #waiters: Waiter[] = [];

  /**
   * @param onReveal - Called when clients can see more events.
   * @param onFailure - Called once, when events cannot be stored.
   */
  constructor(
    append: NonNullable<ChannelHistory["append"]>,
    log: EventLog,
    onReveal: () => void,
    onFailure: (error: unknown) => void,
  ) {
    this.#append = append;
    this.#log = log;
    this.#onReveal = onReveal;
    this.#onFailure = onFailure;
  }

  /** Starts to store published events. During a write it does nothing; the caller must call it again afterwards. */
  write(): void {
    if (this.#isWriting) return;
    this.#log.seal();
    const segments = this.#log.hidden();
    const last = segments.at(-1);
    if (last === undefined) return;
    this.#isWriting = true;
    const pieces = segments.map(({ bytes }) => bytes.plain.payload);
    void this.#store(pieces, last.next).then(() => {
      this.#isWriting = false;
      this.#log.reveal(last.next);
      this.#resolveWaiters();
      this.#onReveal();
    });
  }

  /** Resolves when all events published so far are stored. Rejects when they cannot be stored. */
  stored(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ sequence: this.#log.published, resolve, reject });
      this.#resolveWaiters();
    });
  }

  async #store(pieces: readonly Buffer[], next: number): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await this.#append(pieces, next);
    } catch (error) {
      this.#failure = { error };
      this.#onFailure(error);
    }
  }

  #resolveWaiters(): void {
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
