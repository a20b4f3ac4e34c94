import { RecentPieces } from "../channel/history/recent-pieces.ts";
import { RedisFailure, unavailable } from "./connections/failure.ts";
import { encodeAllStored } from "./stored-event.ts";
import type { HistoryPiece, HistoryReader } from "../channel/history/history.ts";
import type { LogState, StoredEntry } from "./log-store.ts";

/** The approximate size of a piece in bytes. */
export const PIECE_BYTES: number = 64 * 1024;

/** A piece ends before a multiple of this number of events, so that clients that start elsewhere share the next one. */
const PIECE_EVENTS = 512;

/** The log that the pieces belong to. */
export interface PieceSource {
  readonly epoch: string;
  /** Returns the sequence number that follows the newest known event. */
  end(): number;
  /** Reads events from `from` to before `to`, about `bytes` bytes. It passes a new state to the log. */
  read(range: { from: number; to: number; bytes: number }): Promise<{ state: LogState; entries: StoredEntry[] }>;
  /** Called when the events before `sequence` were removed. */
  onRemoved(sequence: number): void;
}

/** Reads the events of one epoch of a log. Readers that need the same piece at about the same time share it. */
export class RedisPieces {
  readonly #source: PieceSource;
  readonly #epoch: string;
  readonly #recent = new RecentPieces<HistoryPiece>();

  constructor(source: PieceSource) {
    this.#source = source;
    this.#epoch = source.epoch;
  }

  /** Opens a reader that starts at the event `sequence`. */
  open(sequence: number): HistoryReader {
    let position = sequence;
    const next = async (): Promise<HistoryPiece> => {
      const piece = await this.#recent.get(position, () => this.#read(position));
      position = piece.next;
      return piece;
    };
    return { next, close: () => undefined };
  }

  async #read(from: number): Promise<HistoryPiece> {
    const border = (Math.floor(from / PIECE_EVENTS) + 1) * PIECE_EVENTS;
    const to = Math.min(border, this.#source.end());
    let reply: { state: LogState; entries: StoredEntry[] };
    try {
      reply = await this.#source.read({ from, to, bytes: PIECE_BYTES });
    } catch (error) {
      throw error instanceof RedisFailure ? unavailable("read the log", error) : error;
    }
    const { state, entries } = reply;
    if (state.epoch !== this.#epoch) throw new Error(`The log has the epoch "${state.epoch}", not "${this.#epoch}"`);
    const texts = encodeAllStored(consecutive(entries, from), this.#epoch, from);
    if (texts.length === 0) {
      // Another program may have deleted an entry, or added one.
      const following = entries.find(({ sequence }) => sequence > from)?.sequence ?? to;
      this.#source.onRemoved(Math.max(following, from + 1));
      throw new Error(`The event ${from} was removed from the log`);
    }
    return { bytes: Buffer.from(texts.join("")), next: from + texts.length };
  }
}

/** Returns the events from `first` on, up to the first missing one. */
export function consecutive(entries: readonly StoredEntry[], first: number): string[] {
  const hole = entries.findIndex(({ sequence }, index) => sequence !== first + index);
  return entries.slice(0, hole === -1 ? entries.length : hole).map(({ json }) => json);
}
