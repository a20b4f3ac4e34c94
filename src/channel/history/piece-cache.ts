import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { EventFile } from "./event-file.ts";
import { RecentPieces } from "./recent-pieces.ts";
import type { HistoryPiece } from "./history.ts";

/** The approximate size of a piece in bytes. */
const PIECE_BYTES = 64 * 1024;

/** Whole events of a file, and the position that follows them. */
interface FilePiece extends HistoryPiece {
  readonly end: number;
}

/** Opens a log's file once for all readers, and closes it when the last reader has finished. */
export class SharedFile {
  readonly #path: string;
  readonly #epoch: string;
  #pieces: FilePieces | undefined;
  #users = 0;

  /** @param epoch - The epoch of the event ids in the file. */
  constructor(path: string, epoch: string) {
    this.#path = path;
    this.#epoch = epoch;
  }

  /** The caller must call `release` once for each call, even when the file cannot be opened. */
  acquire(): FilePieces {
    this.#users++;
    this.#pieces ??= new FilePieces(this.#path, this.#epoch);
    return this.#pieces;
  }

  release(): void {
    if (--this.#users > 0) return;
    this.#pieces?.close();
    this.#pieces = undefined;
  }
}

/**
 * An open file, read in pieces. Pieces end near fixed positions, wherever a reader starts. So a piece that several
 * readers need at about the same time is read once, and they share one object.
 */
export class FilePieces {
  readonly #epoch: string;
  readonly #handle: ReturnType<typeof open>;
  readonly #recent = new RecentPieces<FilePiece>();

  constructor(path: string, epoch: string) {
    this.#epoch = epoch;
    this.#handle = open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  }

  /** Returns the position of the event `sequence` in the first `size` bytes. */
  async find(sequence: number, size: number): Promise<number> {
    return (await this.#events()).find(sequence, size);
  }

  /** Reads events from `position`, where an event starts, in the first `size` bytes. */
  read(position: number, size: number): Promise<FilePiece> {
    return this.#recent.get(position, () => this.#read(position, size));
  }

  close(): void {
    // Node completes pending reads first.
    this.#handle.then((handle) => handle.close()).catch(() => undefined);
  }

  async #read(position: number, size: number): Promise<FilePiece> {
    // The end is at least half a piece away: there may be no whole event before the nearest border.
    const border = (Math.floor(position / PIECE_BYTES + 0.5) + 1) * PIECE_BYTES;
    const events = await this.#events();
    const { bytes, sequence, end } = await events.read(position, border - position, size);
    return { bytes, next: sequence + 1, end };
  }

  async #events(): Promise<EventFile> {
    return new EventFile(await this.#handle, this.#epoch);
  }
}
