import { openReader } from "./open-reader.ts";
import type { Client } from "../clients/client.ts";
import type { ChannelHistory, HistoryPiece, HistoryReader } from "./history.ts";

/** The object that sends the pieces that were read. */
export interface ReplayListener {
  onPiece(client: Client, piece: HistoryPiece): void;
  /** The events that the client needs cannot be read. */
  onLoss(client: Client, error: unknown): void;
  /** A reader cannot be closed. No client is affected. */
  onCloseFailure(error: unknown): void;
}

/**
 * Reads from the history for clients that need events that are no longer in memory: one piece for a client at a time,
 * some clients at once, in the order of their requests.
 */
export class Replay {
  readonly #history: ChannelHistory;
  readonly #limit: number;
  readonly #listener: ReplayListener;
  readonly #readers = new Map<Client, HistoryReader>();
  readonly #waiting = new Set<Client>();
  readonly #reading = new Set<Client>();

  /** @param limit - How many pieces are read at once. */
  constructor(history: ChannelHistory, limit: number, listener: ReplayListener) {
    this.#history = history;
    this.#limit = limit;
    this.#listener = listener;
  }

  /** How many clients are being sent events that are no longer in memory. */
  get size(): number {
    return this.#readers.size;
  }

  /** Reads the next piece for a client. A second request before it has come changes nothing. */
  request(client: Client): void {
    if (this.#reading.has(client)) return;
    if (!this.#readers.has(client)) this.#readers.set(client, this.#open(client.next));
    this.#waiting.add(client);
    this.#readNext();
  }

  /** The client needs nothing more from here. */
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
    // Otherwise it has left meanwhile.
    if (this.#readers.get(client) === reader) {
      if (piece === undefined) this.#listener.onLoss(client, failure);
      else this.#listener.onPiece(client, piece);
    }
    this.#readNext();
  }
}
