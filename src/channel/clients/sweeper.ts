/** The number of clients that are visited in one turn of the event loop: about 6 ms of writing, 12 µs for each. */
const SLICE = 500;

/**
 * The only timer of a channel. While it runs, it calls `visit` for every client once a period, in slices that leave the
 * event loop free in between, however many clients there are.
 */
export class Sweeper<Client> {
  readonly #clients: ReadonlySet<Client>;
  readonly #visit: (client: Client) => void;
  /** The interval between two visits of a client, in milliseconds. */
  readonly period: number;
  #timer: NodeJS.Timeout | undefined;
  #round: readonly Client[] = [];

  /**
   * @param shortestDelay - The shortest of the delays that the visits watch, in milliseconds. A visit comes at most a
   * tenth of it late, and never more than a second.
   */
  constructor(clients: ReadonlySet<Client>, shortestDelay: number, visit: (client: Client) => void) {
    this.#clients = clients;
    this.#visit = visit;
    this.period = Math.min(Math.max(Math.floor(shortestDelay / 10), 5), 1000);
  }

  /** Starts the timer if it does not run. It does not keep the process alive: the clients' sockets do. */
  start(): void {
    this.#timer ??= setInterval(() => this.#beginRound(), this.period).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#round = [];
  }

  #beginRound(): void {
    // A round that still runs finishes first, so that no client is skipped.
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
