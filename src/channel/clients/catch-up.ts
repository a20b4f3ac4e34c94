import type { Client } from "./client.ts";

/**
 * A queue of the clients that are far behind. In each turn of the event loop, the first ones receive a slice of their
 * missed events. So a wave of reconnections does not delay clients that are up to date, or other work of the process.
 */
export class CatchUp {
  readonly #limit: number;
  readonly #advance: (client: Client) => void;
  readonly #wait: () => number;
  readonly #waiting = new Set<Client>();
  #isScheduled = false;

  /**
   * @param limit - The number of clients that receive a slice in one turn.
   * @param advance - Sends a client its slice.
   * @param wait - Returns the earliest start of the next turn, in milliseconds from now.
   */
  constructor(limit: number, advance: (client: Client) => void, wait: () => number) {
    this.#limit = limit;
    this.#advance = advance;
    this.#wait = wait;
  }

  /** The number of clients that wait for their next slice. */
  get size(): number {
    return this.#waiting.size;
  }

  has(client: Client): boolean {
    return this.#waiting.has(client);
  }

  add(client: Client): void {
    this.#waiting.add(client);
    if (!this.#isScheduled) this.#schedule();
  }

  delete(client: Client): void {
    this.#waiting.delete(client);
  }

  #schedule(): void {
    this.#isScheduled = true;
    const wait = this.#wait();
    if (wait > 0) setTimeout(() => this.#runTurn(), wait);
    else setImmediate(() => this.#runTurn());
  }

  #runTurn(): void {
    this.#isScheduled = false;
    let left = this.#limit;
    for (const client of this.#waiting) {
      if (left-- === 0 || this.#wait() > 0) break;
      this.#waiting.delete(client);
      // `advance` adds the client to the end of the queue again if it needs more events and can receive them.
      this.#advance(client);
    }
    if (this.#waiting.size > 0 && !this.#isScheduled) this.#schedule();
  }
}
