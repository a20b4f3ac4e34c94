import { parseSequenceId } from "../../protocol/sequence-id.ts";
import type { FileHandle } from "node:fs/promises";

/**
 * The size of the first read in a search for an event, in bytes. Each further read is twice as large, until an event is
 * found.
 */
const LOOK_BYTES = 16 * 1024;

/** The end of an event: the ends of its last line and of the blank line. */
const BLANK_LINE = Buffer.from("\n\n");
const ID = Buffer.from("id: ");
const ID_LINE = Buffer.from("\nid: ");

/** Whole events in a file. */
export interface StoredEvents {
  readonly bytes: Buffer;
  /** The sequence number of the last event, and the position after it. */
  readonly sequence: number;
  readonly end: number;
}

/**
 * A file with the event-stream bytes of a log. Each event has the id `<epoch>-<sequence>`.
 *
 * The file has no index. An event starts after a blank line, and its id, which comes before its data, contains its
 * position in the log. So a binary search finds any event: in 500 MB, with at most 30 small reads.
 */
export class EventFile {
  readonly #file: FileHandle;
  readonly #epoch: string;

  constructor(file: FileHandle, epoch: string) {
    this.#file = file;
    this.#epoch = epoch;
  }

  /**
   * Returns the last whole event before `size`; `undefined` when there is no whole event, or it belongs to another log.
   */
  async findLast(size: number): Promise<StoredEvents | undefined> {
    for (let length = LOOK_BYTES; ; length *= 2) {
      const from = Math.max(0, size - length);
      const events = this.#whole(await this.#read(from, size), from, from === 0);
      if (events !== undefined || from === 0) return events;
    }
  }

  /** Returns the position of the event `sequence` in the first `size` bytes. @throws When it is not there. */
  async find(sequence: number, size: number): Promise<number> {
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const event = await this.#firstFrom(middle, size);
      if (event === undefined || event.sequence > sequence) high = middle;
      else if (event.sequence === sequence) return event.start;
      else low = event.start + 1;
    }
    throw new Error(`The log has no event ${sequence}`);
  }

  /** Reads events from `start`, where an event starts: at most `length` bytes, or one longer event. */
  async read(start: number, length: number, size: number): Promise<StoredEvents> {
    for (let wanted = length; ; wanted *= 2) {
      const end = Math.min(start + wanted, size);
      const events = this.#whole(await this.#read(start, end), start, true);
      if (events !== undefined) return events;
      if (end === size) throw new Error(`The log has no event at byte ${start}`);
    }
  }

  /** Finds the first event that starts at `from` or later. */
  async #firstFrom(from: number, size: number): Promise<{ sequence: number; start: number } | undefined> {
    // The bytes before `from` show whether an event starts there.
    const first = Math.max(0, from - BLANK_LINE.length);
    for (let wanted = LOOK_BYTES; ; wanted *= 2) {
      const end = Math.min(first + wanted, size);
      const bytes = await this.#read(first, end);
      const start = from === 0 ? 0 : startAfter(bytes.indexOf(BLANK_LINE));
      const sequence = start === undefined ? undefined : this.#sequenceOf(bytes, start);
      if (start !== undefined && sequence !== undefined) return { sequence, start: first + start };
      if (end === size) return undefined;
    }
  }

  /**
   * Returns the whole events in `bytes`, which start at `position`; `undefined` when there are no whole events.
   *
   * @param isStart - Whether an event starts at `position`. Otherwise the first event lacks its start and is skipped.
   */
  #whole(bytes: Buffer, position: number, isStart: boolean): StoredEvents | undefined {
    const end = startAfter(bytes.lastIndexOf(BLANK_LINE));
    if (end === undefined) return undefined;
    const before = end <= BLANK_LINE.length ? -1 : bytes.lastIndexOf(BLANK_LINE, end - BLANK_LINE.length - 1);
    if (before === -1 && !isStart) return undefined;
    const sequence = this.#sequenceOf(bytes.subarray(0, end), startAfter(before) ?? 0);
    return sequence === undefined ? undefined : { bytes: bytes.subarray(0, end), sequence, end: position + end };
  }

  /** Reads the id of the event that starts at `start`. */
  #sequenceOf(bytes: Buffer, start: number): number | undefined {
    const isFirstLine = bytes.subarray(start, start + ID.length).equals(ID);
    const line = isFirstLine ? start : bytes.indexOf(ID_LINE, start) + 1;
    const end = bytes.indexOf("\n", line);
    if ((line === 0 && !isFirstLine) || end === -1) return undefined;
    const id = parseSequenceId(bytes.toString("latin1", line + ID.length, end));
    return id?.epoch === this.#epoch ? id.sequence : undefined;
  }

  async #read(start: number, end: number): Promise<Buffer> {
    // Not from the shared pool: a piece stays in memory until its client has read it.
    const bytes = Buffer.allocUnsafeSlow(end - start);
    for (let length = 0; length < bytes.length;) {
      const { bytesRead } = await this.#file.read(bytes, length, bytes.length - length, start + length);
      if (bytesRead === 0) throw new Error(`The log is shorter than ${end} bytes`);
      length += bytesRead;
    }
    return bytes;
  }
}

function startAfter(blankLine: number): number | undefined {
  return blankLine === -1 ? undefined : blankLine + BLANK_LINE.length;
}
