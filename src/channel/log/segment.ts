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
  /** All its events, as every client that is up to date gets them. */
  readonly bytes: EncodedBytes;
  /** The ids that the application gave, by position in the segment; `undefined` when it gave none. */
  readonly customIds: readonly (string | undefined)[] | undefined;
  readonly #offsets: readonly number[];

  /**
   * @param first - The sequence number of the first event.
   * @param events - The events' texts, encoded.
   */
  constructor(first: number, events: readonly string[], customIds?: readonly (string | undefined)[]) {
    this.first = first;
    this.next = first + events.length;
    const text = events.join("");
    this.bytes = new EncodedBytes(text);
    this.customIds = customIds;
    // In ASCII a character is a byte: then nothing needs to be counted.
    const isAscii = this.bytes.byteLength === text.length;
    this.#offsets = offsetsOf(events, isAscii ? (event) => event.length : (event) => Buffer.byteLength(event));
  }

  /** The events from `sequence` on: for a client that resumes in the middle of a segment, a view into its bytes. */
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

/** Where each event starts in the bytes of all. */
function offsetsOf(events: readonly string[], lengthOf: (event: string) => number): readonly number[] {
  let offset = 0;
  return events.map((event) => {
    const start = offset;
    offset += lengthOf(event);
    return start;
  });
}
