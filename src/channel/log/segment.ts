import { EncodedBytes } from "./encoded-bytes.ts";

/**
 * Consecutive events of a log that were published in one turn of the event loop, encoded into one shared Buffer.
 *
 * ```text
 *  sequence     first      first+1        next-1    next
 *  payload      | event    | event | ...  | event   |
 *  offsets      0          offsets[1]     ...       payload length
 * ```
 */
export class Segment {
  /** The sequence number of its first event. */
  readonly first: number;
  /** The sequence number that follows its last event. */
  readonly next: number;
  /** All its events, as the channel sends them to clients that are up to date. */
  readonly bytes: EncodedBytes;
  /** The ids that the application provided, by position in the segment; `undefined` without such ids. */
  readonly customIds: readonly (string | undefined)[] | undefined;
  readonly #offsets: readonly number[];

  /**
   * @param first - The sequence number of the first event.
   * @param events - The encoded text of each event.
   */
  constructor(first: number, events: readonly string[], customIds?: readonly (string | undefined)[]) {
    this.first = first;
    this.next = first + events.length;
    const text = events.join("");
    this.bytes = new EncodedBytes(text);
    this.customIds = customIds;
    // In ASCII each character is one byte, so the bytes need not be counted.
    const isAscii = this.bytes.byteLength === text.length;
    this.#offsets = offsetsOf(events, isAscii ? (event) => event.length : (event) => Buffer.byteLength(event));
  }

  /**
   * Returns the events from `sequence` on. For a client that resumes in the middle of the segment, this is a view into
   * the bytes.
   */
  bytesFrom(sequence: number): EncodedBytes {
    if (sequence <= this.first) return this.bytes;
    return new EncodedBytes(this.bytes.plain.payload.subarray(this.#offsets[sequence - this.first]));
  }

  /** The size of one event in bytes. */
  byteLengthOf(sequence: number): number {
    const index = sequence - this.first;
    const end = this.#offsets[index + 1] ?? this.bytes.byteLength;
    return end - (this.#offsets[index] ?? end);
  }
}

/** Returns the offset of each event in the bytes of the segment. */
function offsetsOf(events: readonly string[], lengthOf: (event: string) => number): readonly number[] {
  let offset = 0;
  return events.map((event) => {
    const start = offset;
    offset += lengthOf(event);
    return start;
  });
}
