import { formatBytes } from "../format.ts";
import type { OutputLine } from "./step-output.ts";

/** What a line costs beside its text, in bytes: about what its event has around it. */
const LINE_OVERHEAD = 100;

/** How much is given out of the end of a step whose lines were left out: so many lines, of so many bytes. */
const TAIL_LINES = 500;
const TAIL_BYTES = 256 * 1024;

/** A line, and when it was read. */
export interface TimedLine extends OutputLine {
  readonly time: string;
}

/** What is left to say when a step has ended whose lines were left out. */
export interface LeftOut {
  /** How much is missing, as a sentence; `undefined` when nothing is. */
  readonly text: string | undefined;
  /** The last lines. */
  readonly tail: readonly TimedLine[];
}

/**
 * The bound of a build's log. When it is reached, the build runs on, and of what each step prints from then on only
 * the last lines are kept: errors stand at the end.
 */
export class LogLimit {
  /** What is said when the first line of a step is left out. */
  readonly notice: string;
  #room: number;
  /** How many lines of this step were left out, or wait in the tail, and their bytes. */
  #lines = 0;
  #bytes = 0;
  /** The last of them. */
  #tail: TimedLine[] = [];
  #tailBytes = 0;

  /** @param limit How many bytes of lines may be given out; a line counts its text in UTF-8 and 100 bytes more. */
  constructor(limit: number) {
    this.#room = limit;
    this.notice = `the log has reached its limit of ${formatBytes(limit)}; of the rest of this step only its end is kept`;
  }

  /** Whether lines of this step were left out. */
  get isLeavingOut(): boolean {
    return this.#lines > 0;
  }

  /** Whether a line may be given out. Otherwise it is left out, and perhaps part of the end. */
  takes(line: TimedLine): boolean {
    const size = Buffer.byteLength(line.text);
    this.#room -= size + LINE_OVERHEAD;
    if (this.#room >= 0) return true;
    // From now on for all: a log in which only short lines go on would make no sense.
    this.#room = -1;
    this.#keep(line, size);
    return false;
  }

  /** The step has ended. */
  endStep(): LeftOut {
    const tail = this.#tail;
    const lines = this.#lines - tail.length;
    const size = formatBytes(this.#bytes - this.#tailBytes);
    const text = `${lines} lines (${size}) were left out here; the last ${tail.length} of this step follow`;
    this.#lines = 0;
    this.#bytes = 0;
    this.#tail = [];
    this.#tailBytes = 0;
    return { text: lines === 0 ? undefined : text, tail };
  }

  #keep(line: TimedLine, size: number): void {
    this.#lines += 1;
    this.#bytes += size;
    this.#tail.push(line);
    this.#tailBytes += size;
    while (this.#tail.length > TAIL_LINES || this.#tailBytes > TAIL_BYTES) {
      this.#tailBytes -= Buffer.byteLength(this.#tail.shift()?.text ?? "");
    }
  }
}
