import { readLogLine } from "../line-data.ts";
import { ErrorMarks } from "./error-marks.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { MarkedLine } from "./error-marks.ts";

/** A block ends after this number of lines, or after this length of text, in UTF-16 units. */
export const BLOCK_LINES = 256;
const BLOCK_TEXT = 64 * 1024;

/** The near events of a block end after this number of events, or after this length of text, counted from its start. */
export const NEAR_EVENTS = 1024;
const NEAR_TEXT = 2 * BLOCK_TEXT;

/** The maximum number of a line. A greater one cannot be the runner's. */
const MAX_NUMBER = 999_999_999;

/** Consecutive lines of one step. */
export interface LogSection {
  /** `null`: lines about the whole build. */
  readonly step: string | null;
  /** The number of the first line. */
  readonly first: number;
}

/** Lines with consecutive numbers, whose states are near each other in the log. */
export interface LineBlock {
  /** The number of its first line. */
  readonly first: number;
  /** The sequence number of the event with which the first line appeared. */
  readonly start: number;
  /** The sequence number that follows the last of its near events. */
  end: number;
  /** The sequence numbers of the last states that are not in near events, by the number of the line. */
  readonly late: Map<number, number>;
  /** The length of the text of all events before it. Only lines that are added need it. */
  readonly lengthBefore: number;
}

/** The place of a block's lines in the log. */
export interface LinePlace {
  /** The numbers of its first and last requested line. */
  readonly first: number;
  readonly last: number;
  /** The near events. The lines of the block have states from `start` on, before `end`. */
  readonly start: number;
  readonly end: number;
  /** The other states of the requested lines, by number. */
  readonly late: readonly { readonly number: number; readonly sequence: number }[];
}

/**
 * Finds the lines of one build's log by number.
 *
 * The log is a sequence of events. Most lines have one event, in the order of their numbers. A line that a program
 * redraws has more, the last one counts, and any number of other events can precede it. So the index divides the lines
 * into blocks. For each block it has a range of events that contains nearly all states of its lines, and the position
 * of each state outside of this range. 5 million lines have about 20 000 blocks.
 */
export class LineIndex {
  readonly marks: ErrorMarks;
  readonly #blocks: LineBlock[];
  readonly #sections: LogSection[];
  #end: number;
  #lineCount: number;
  /** The length of the text of all events. */
  #length = 0;

  /** @param stored - The content of an index. Default: an index without events. */
  constructor(stored: Partial<Pick<LineIndex, "blocks" | "sections" | "marks" | "end" | "lineCount">> = {}) {
    this.marks = stored.marks ?? new ErrorMarks();
    this.#blocks = [...(stored.blocks ?? [])];
    this.#sections = [...(stored.sections ?? [])];
    this.#end = stored.end ?? 1;
    this.#lineCount = stored.lineCount ?? 0;
  }

  /** The sequence number of the next event. */
  get end(): number {
    return this.#end;
  }

  /** The number of the last line. */
  get lineCount(): number {
    return this.#lineCount;
  }

  get blocks(): readonly LineBlock[] {
    return this.#blocks;
  }

  /** The sections of the log, in order. */
  get sections(): readonly LogSection[] {
    return this.#sections;
  }

  /** Adds the next event, as clients receive it. */
  addEvent(type: string, data: string): void {
    const line = type === "line" ? readLogLine(data) : undefined;
    if (line !== undefined) this.add(line);
    else if (type === "build" || type === "end") this.addState(readState(data));
    else this.skip();
  }

  /** Adds the next event, which is a state of the build. */
  addState(build: Pick<BuildRecord, "steps">): void {
    this.marks.addState(build);
    this.#end++;
  }

  /** Adds the next event, which has no readable content. */
  skip(): void {
    this.#end++;
  }

  /** Adds the next event, which is a state of a line. */
  add(line: MarkedLine): void {
    const { number, step, text } = line;
    if (number > this.#lineCount && number <= MAX_NUMBER) this.#addFirst(number, step);
    const block = this.#blockOf(number);
    if (block !== undefined) this.#touch(block, number);
    this.marks.add(line);
    this.#length += text.length;
    this.#end++;
  }

  /** Sets the sequence number of the last state of a line, outside of the near events of its block. */
  setLate(number: number, sequence: number): void {
    this.#blockOf(number)?.late.set(number, sequence);
  }

  /** Returns the places of the lines from `from` to `to`, in order. */
  locate(from: number, to: number): LinePlace[] {
    const places: LinePlace[] = [];
    const last = Math.min(to, this.#lineCount);
    for (let at = Math.max(0, this.#find(from)); from <= last; at++) {
      const block = this.#blocks[at];
      if (block === undefined || block.first > last) break;
      const end = (this.#blocks[at + 1]?.first ?? Infinity) - 1;
      places.push(placeOf(block, Math.max(from, block.first), Math.min(last, end)));
    }
    return places;
  }

  /** Returns a sequence number at which the line `from` and all later ones have not yet appeared, or are next. */
  startOf(from: number): number {
    return this.#blocks[this.#find(from)]?.start ?? 1;
  }

  /** Returns the number of the first line of the last block that starts at `sequence` or before. */
  firstNear(sequence: number): number {
    return this.#blocks.findLast(({ start }) => start <= sequence)?.first ?? 1;
  }

  /** Adds the first state of a line. */
  #addFirst(number: number, step: string | null): void {
    const block = this.#blocks.at(-1);
    if (block === undefined || number >= block.first + BLOCK_LINES || this.#lengthSince(block) >= BLOCK_TEXT) {
      const start = this.#end;
      this.#blocks.push({ first: number, start, end: start, late: new Map(), lengthBefore: this.#length });
    }
    if (this.#sections.length === 0 || this.#sections.at(-1)?.step !== step) {
      this.#sections.push({ step, first: number });
    }
    this.#lineCount = number;
  }

  /** Adds the current event to the block of its line. */
  #touch(block: LineBlock, number: number): void {
    if (this.#end < block.start + NEAR_EVENTS && this.#lengthSince(block) < NEAR_TEXT) block.end = this.#end + 1;
    else block.late.set(number, this.#end);
  }

  #lengthSince(block: LineBlock): number {
    return this.#length - block.lengthBefore;
  }

  #blockOf(number: number): LineBlock | undefined {
    const last = this.#blocks.at(-1);
    return last !== undefined && number >= last.first ? last : this.#blocks[this.#find(number)];
  }

  /** Returns the position of the last block that starts at `number` or before; -1 without such a block. */
  #find(number: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#blocks[middle]?.first ?? Infinity) <= number) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** Reads the state of a build. The log can contain anything: another program can have changed it. */
function readState(data: string): Pick<BuildRecord, "steps"> {
  try {
    const { steps } = JSON.parse(data) as BuildRecord;
    return { steps: Array.isArray(steps) ? steps.filter((step) => typeof step === "object" && step !== null) : [] };
  } catch {
    return { steps: [] };
  }
}

function placeOf({ start, end, late }: LineBlock, first: number, last: number): LinePlace {
  const found = Array.from(late, ([number, sequence]) => ({ number, sequence }));
  const requested = found.filter(({ number }) => number >= first && number <= last);
  return { first, last, start, end, late: requested.sort((a, b) => a.number - b.number) };
}
