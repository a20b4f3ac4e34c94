import type { Client } from "./client.ts";

/**
 * The clients that are far behind, in the order in which they connected. In each turn of the event loop, some of them
 * receive a slice of their missed events. A wave of reconnections delays neither the clients that are up to
 * date nor other work of the process.
 */
export class CatchUp {
  readonly #limit: number;
  readonly #advance: (client: Client) => void;
  readonly #wait: () => number;
  readonly #waiting = new Set<Client>();
  #isScheduled = false;

  /**
   * @param limit - The number of clients that get a slice in one turn.
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
      // Adds the client again, at the end, if it still misses events and can receive them.
      this.#advance(client);
    }
    if (this.#waiting.size > 0 && !this.#isScheduled) this.#schedule();
  }
}
