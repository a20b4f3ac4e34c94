import { openReader } from "./open-reader.ts";
import type { Client } from "../clients/client.ts";
import type { ChannelHistory, HistoryPiece, HistoryReader } from "./history.ts";

/** The object that sends the pieces to clients. */
export interface ReplayListener {
  onPiece(client: Client, piece: HistoryPiece): void;
  /** The events that the client needs cannot be read. */
  onLoss(client: Client, error: unknown): void;
  /** A reader cannot be closed. No client is affected. */
  onCloseFailure(error: unknown): void;
}

/**
 * Reads the history for clients that need events that are no longer in memory. It reads one piece at a time for each
 * client, for several clients at once, in the order of their requests.
 */
export class Replay {
  readonly #history: ChannelHistory;
  readonly #limit: number;
  readonly #listener: ReplayListener;
  readonly #readers = new Map<Client, HistoryReader>();
  readonly #waiting = new Set<Client>();
  readonly #reading = new Set<Client>();

  /** @param limit - The maximum number of concurrent reads. */
  constructor(history: ChannelHistory, limit: number, listener: ReplayListener) {
    this.#history = history;
    this.#limit = limit;
    this.#listener = listener;
  }

  /** The number of clients that are receiving events from the history. */
  get size(): number {
    return this.#readers.size;
  }

  /** Reads the next piece for a client. A request while this read is under way has no effect. */
  request(client: Client): void {
    if (this.#reading.has(client)) return;
    if (!this.#readers.has(client)) this.#readers.set(client, this.#open(client.next));
    this.#waiting.add(client);
    this.#readNext();
  }

  /** Stops reading for a client. */
  forget(client: Client): void {
    this.#waiting.delete(client);
    this.#readers.get(client)?.close();
    this.#readers.delete(client);
  }

  #open(sequence: number): HistoryReader {
    return openReader(this.#history, sequence, (error) => this.#listener.onCloseFailure(error));
  }

  #readNext(): void {
    for (const client of this.#waiting) {
      if (this.#reading.size >= this.#limit) return;
      this.#waiting.delete(client);
      void this.#read(client);
    }
  }

  async #read(client: Client): Promise<void> {
    const reader = this.#readers.get(client);
    if (reader === undefined) return;
    this.#reading.add(client);
    let piece: HistoryPiece | undefined;
    let failure: unknown;
    try {
      piece = await reader.next();
    } catch (error) {
      failure = error;
    }
    this.#reading.delete(client);
    // Otherwise the client has left meanwhile.
    if (this.#readers.get(client) === reader) {
      if (piece === undefined) this.#listener.onLoss(client, failure);
      else this.#listener.onPiece(client, piece);
    }
    this.#readNext();
  }
}
