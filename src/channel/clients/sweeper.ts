/** The number of clients to visit in one turn of the event loop: about 6 ms of writing, 12 µs for each client. */
const SLICE = 500;

/**
 * The only timer of a channel. While it runs, it calls `visit` for every client once in each period. It divides the
 * clients into slices, so that even many clients do not block the event loop.
 */
export class Sweeper<Client> {
  readonly #clients: ReadonlySet<Client>;
  readonly #visit: (client: Client) => void;
  /** The interval between two visits of a client, in milliseconds. */
  readonly period: number;
  #timer: NodeJS.Timeout | undefined;
  #round: readonly Client[] = [];

  /**
   * @param shortestDelay - The shortest of the delays that the visits watch, in milliseconds. A visit is late by at
   * most a tenth of this delay, and by at most a second.
   */
  constructor(clients: ReadonlySet<Client>, shortestDelay: number, visit: (client: Client) => void) {
    this.#clients = clients;
    this.#visit = visit;
    this.period = Math.min(Math.max(Math.floor(shortestDelay / 10), 5), 1000);
  }

  /** Starts the timer if it is not running. The timer does not keep the process alive; the clients' sockets do. */
  start(): void {
    this.#timer ??= setInterval(() => this.#beginRound(), this.period).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#round = [];
  }

  #beginRound(): void {
    // If the last round has not finished, let it finish, so that it skips no client.
    if (this.#round.length > 0) return;
    this.#round = [...this.#clients];
    this.#visitSlice(0);
  }

  #visitSlice(start: number): void {
    for (const client of this.#round.slice(start, start + SLICE)) {
      if (this.#clients.has(client)) this.#visit(client);
    }
    const next = start + SLICE;
    if (next >= this.#round.length) this.#round = [];
    else setImmediate(() => this.#visitSlice(next));
  }
}
