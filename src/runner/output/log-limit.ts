import type { OutputStream } from "../events.ts";
import type { OutputLine } from "./step-output.ts";

/** The size of a line in addition to its text, in bytes: roughly the other fields of its event. */
const LINE_OVERHEAD = 100;

/** The maximum size of {@link Overflow.tail} in lines and in bytes. */
const TAIL_LINES = 500;
const TAIL_BYTES = 256 * 1024;

/** A line, and the time at which it was read. */
export interface TimedLine extends Pick<OutputLine, "stream" | "text" | "row"> {
  readonly time: string;
}

/** The lines of a step that did not fit. */
export interface Overflow {
  /** The number of lost lines, and the size of their text in bytes. */
  readonly lostLines: number;
  readonly lostBytes: number;
  /** The last lines of the step, which follow the lost ones. */
  readonly tail: readonly TimedLine[];
}

/**
 * The limit of a build's log. The build continues when the limit is reached, but only the last lines of each step are
 * kept from then on: errors are usually at the end.
 */
export class LogLimit {
  #room: number;
  /** The number of lines of this step that did not fit, including the tail, and their size in bytes. */
  #lines = 0;
  #bytes = 0;
  #tail: TimedLine[] = [];
  #tailBytes = 0;
  /** The last row of each stream that did not fit. */
  readonly #lastRows = new Map<OutputStream, number>();

  /** @param limit - The size of the log in bytes; each state of a line counts its text in UTF-8 and 100 bytes more. */
  constructor(limit: number) {
    this.#room = limit;
  }

  /** Whether the log has no room for lines of this step. */
  get isOverflowing(): boolean {
    return this.#lines > 0;
  }

  /** Whether a line fits. A line that does not fit may become part of the step's {@link Overflow.tail}. */
  fits(line: TimedLine): boolean {
    const size = Buffer.byteLength(line.text);
    if (this.#reserve(size)) return true;
    this.#keep(line, size);
    return false;
  }

  /** Whether another state of a line fits. One that does not is left out. */
  fitsAgain(text: string): boolean {
    return this.#reserve(Buffer.byteLength(text));
  }

  /** Ends the step: the next line belongs to another one. */
  endStep(): Overflow {
    const tail = this.#tail;
    const lostLines = this.#lines - tail.length;
    const lostBytes = this.#bytes - this.#tailBytes;
    this.#lines = 0;
    this.#bytes = 0;
    this.#tail = [];
    this.#tailBytes = 0;
    this.#lastRows.clear();
    return { lostLines, lostBytes, tail };
  }

  /** Whether the log has room for a text of this size, which is then used up. */
  #reserve(size: number): boolean {
    this.#room -= size + LINE_OVERHEAD;
    if (this.#room >= 0) return true;
    // No later line fits: a log that contains only the short ones would make no sense.
    this.#room = -1;
    return false;
  }

  #keep(line: TimedLine, size: number): void {
    const { stream, row = Infinity } = line;
    const lastRow = this.#lastRows.get(stream) ?? -1;
    if (row <= lastRow) return this.#replace(line, size);
    if (row !== Infinity) this.#lastRows.set(stream, row);
    this.#lines += 1;
    this.#bytes += size;
    this.#tail.push(line);
    this.#tailBytes += size;
    this.#trim();
  }

  /** Gives a line of the tail its last state. */
  #replace(line: TimedLine, size: number): void {
    const index = this.#tail.findLastIndex(({ stream, row }) => row === line.row && stream === line.stream);
    const known = this.#tail[index];
    if (known === undefined) return;
    this.#tail[index] = { ...known, text: line.text };
    const change = size - Buffer.byteLength(known.text);
    this.#tailBytes += change;
    this.#bytes += change;
    this.#trim();
  }

  #trim(): void {
    while (this.#tail.length > TAIL_LINES || this.#tailBytes > TAIL_BYTES) {
      this.#tailBytes -= Buffer.byteLength(this.#tail.shift()?.text ?? "");
    }
  }
}
