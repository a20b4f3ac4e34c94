import { Backoff } from "../log/backoff.ts";
import { isUnavailable, openReader } from "./open-reader.ts";
import type { Client } from "../clients/client.ts";
import type { EventStore, HistoryPiece, HistoryReader } from "./history.ts";

/** The object that sends the pieces to clients. */
export interface ReplayListener {
  onPiece(client: Client, piece: HistoryPiece): void;
  /** The events that the client needs cannot be read. */
  onLoss(client: Client, error: unknown): void;
  /** The store does not answer. The clients wait, and reading is tried again. Called once until it answers. */
  onUnavailable(error: unknown): void;
  /** A reader cannot be closed. No client is affected. */
  onCloseFailure(error: unknown): void;
}

/** The reader of one client. */
interface ClientReader {
  readonly reader: HistoryReader;
  isReading: boolean;
}

/**
 * Reads the store for clients that need events that are no longer in memory. It reads one piece at a time for each
 * client, for several clients at once, in the order of their requests. While the store does not answer, all clients
 * wait.
 */
export class Replay {
  readonly #store: EventStore;
  readonly #limit: number;
  readonly #listener: ReplayListener;
  readonly #readers = new Map<Client, ClientReader>();
  readonly #waiting = new Set<Client>();
  readonly #backoff = new Backoff();
  #isPaused = false;
  /** The number of reads under way, also for clients that have left meanwhile. */
  #reading = 0;

  /** @param limit - The maximum number of concurrent reads. */
  constructor(store: EventStore, limit: number, listener: ReplayListener) {
    this.#store = store;
    this.#limit = limit;
    this.#listener = listener;
  }

  /** The number of clients that are receiving events from the store. */
  get size(): number {
    return this.#readers.size;
  }

  /** Reads the next piece for a client. A request while this read is under way has no effect. */
  request(client: Client): void {
    const known = this.#readers.get(client);
    if (known?.isReading === true) return;
    if (known === undefined) this.#readers.set(client, { reader: this.#open(client.next), isReading: false });
    this.#waiting.add(client);
    this.#readNext();
  }

  /** Stops reading for a client. */
  forget(client: Client): void {
    this.#waiting.delete(client);
    this.#readers.get(client)?.reader.close();
    this.#readers.delete(client);
  }

  #open(sequence: number): HistoryReader {
    return openReader(this.#store, sequence, (error) => this.#listener.onCloseFailure(error));
  }

  #readNext(): void {
    for (const client of this.#waiting) {
      if (this.#isPaused || this.#reading >= this.#limit) return;
      this.#waiting.delete(client);
      const reader = this.#readers.get(client);
      if (reader !== undefined) void this.#read(client, reader);
    }
  }

  async #read(client: Client, current: ClientReader): Promise<void> {
    this.#reading++;
    current.isReading = true;
    let piece: HistoryPiece | undefined;
    let failure: unknown;
    try {
      piece = await current.reader.next();
    } catch (error) {
      failure = error;
    }
    this.#reading--;
    current.isReading = false;
    const isUnanswered = piece === undefined && isUnavailable(failure);
    if (isUnanswered) this.#pause(failure);
    else this.#backoff.reset();
    // Otherwise the client has left meanwhile, or has another reader.
    if (this.#readers.get(client) === current) {
      if (piece !== undefined) this.#listener.onPiece(client, piece);
      else if (isUnanswered) this.#waiting.add(client);
      else this.#listener.onLoss(client, failure);
    }
    this.#readNext();
  }

  /** Waits before the next reads. Reads that fail together cause one pause. */
  #pause(error: unknown): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    if (this.#backoff.isReset) this.#listener.onUnavailable(error);
    const resume = (): void => {
      this.#isPaused = false;
      this.#readNext();
    };
    setTimeout(resume, this.#backoff.next()).unref();
  }
}
