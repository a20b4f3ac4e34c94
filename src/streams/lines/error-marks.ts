import { plainText } from "../../terminal/plain-text.ts";
import { markKindOf } from "./error-lines.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { LogLine } from "../line-data.ts";
import type { MarkKind } from "./error-lines.ts";

/** The maximum number of marks. Errors replace other marks. */
export const MAX_MARKS = 1000;

/** The maximum number of lines without a pattern in one block, such as the lines of code in a message. */
const MAX_DETAILS = 50;

/** The maximum number of lines at the end of stderr that one mark stands for. */
const MAX_TAIL = 50;

/** Lines that belong to the message before them: empty or indented lines, and lines with a frame. */
const DETAIL = /^(?:\s|$|[|│╭╰├>^~]|Caused by: |Node\.js v|\d+ [|│])/;

/** A line that looks like an error. It stands for its block. */
export interface LogMark {
  readonly line: number;
  readonly kind: MarkKind;
}

/** The block of the last mark. */
interface MarkBlock {
  readonly kind: MarkKind;
  readonly step: string | null;
  /** The numbers of its first and last line. */
  readonly first: number;
  end: number;
  details: number;
  /** Whether its last line is empty. */
  isPaused: boolean;
}

/** Consecutive lines of stderr in a step. */
interface StderrTail {
  readonly step: string | null;
  readonly first: number;
  last: number;
}

/** The fields of a line that marks need. */
export type MarkedLine = Pick<LogLine, "number" | "step" | "stream" | "text" | "open">;

/** Marks the lines of a build's log that look like errors: the first line of each block. */
export class ErrorMarks {
  readonly #marks: LogMark[];
  #omitted: number;
  #block: MarkBlock | undefined;
  #tail: StderrTail | undefined;
  /** The number of steps that have failed. */
  #failedSteps = 0;

  /** @param stored - The marks of an index. Default: no marks. */
  constructor({ marks = [], omitted = 0 }: { readonly marks?: readonly LogMark[]; readonly omitted?: number } = {}) {
    this.#marks = [...marks];
    this.#omitted = omitted;
  }

  /** The marks, by line. */
  get marks(): readonly LogMark[] {
    return this.#marks;
  }

  /** The number of marks beyond the maximum. */
  get omitted(): number {
    return this.#omitted;
  }

  /** Adds a state of a line. A line that is not complete can still change, so it gets no mark. */
  add(line: MarkedLine): void {
    const { number, step, stream, text } = line;
    if (stream === "system" || line.open === true) return;
    if (stream === "stderr") this.#addStderr(number, step);
    else if (this.#tail !== undefined && number > this.#tail.last) this.#tail = undefined;
    const kind = markKindOf(text);
    const block = this.#block;
    const isNext = block !== undefined && block.step === step && number === block.end + 1;
    if (kind !== undefined) this.#addMarked(number, step, kind);
    else if (isNext) this.#addDetail(block, text);
  }

  /** Adds a state of the build: if a step has failed, its last lines on stderr are an error. */
  addState({ steps }: Pick<BuildRecord, "steps">): void {
    const failed = steps.filter(({ status }) => status === "failed");
    if (failed.length <= this.#failedSteps) return;
    this.#failedSteps = failed.length;
    const tail = this.#tail;
    if (tail === undefined || !failed.some(({ name }) => name === tail.step)) return;
    const first = Math.max(tail.first, tail.last - MAX_TAIL + 1);
    const isMarked = this.#marks.some(({ line, kind }) => line >= first && kind !== "warning");
    const isInBlock = this.#block !== undefined && this.#block.kind !== "warning" && this.#block.end >= first;
    if (!isMarked && !isInBlock) this.#insert({ line: first, kind: "error" });
  }

  #addStderr(number: number, step: string | null): void {
    const tail = this.#tail;
    if (tail !== undefined && tail.step === step) tail.last = Math.max(tail.last, number);
    else this.#tail = { step, first: number, last: number };
  }

  #addMarked(number: number, step: string | null, kind: MarkKind): void {
    const block = this.#block;
    if (block !== undefined && continues(block, number, step, kind)) {
      block.end = Math.max(block.end, number);
      block.isPaused = false;
      return;
    }
    this.#insert({ line: number, kind });
    // A line that is redrawn later does not end the block.
    if (block === undefined || number > block.end) {
      this.#block = { kind, step, first: number, end: number, details: 0, isPaused: false };
    }
  }

  #addDetail(block: MarkBlock, text: string): void {
    const plain = plainText(text.slice(0, 200)).trimEnd();
    if (block.details >= MAX_DETAILS || !DETAIL.test(plain)) return;
    block.end++;
    block.details++;
    block.isPaused = plain === "";
  }

  #insert(mark: LogMark): void {
    const after = this.#marks.findLastIndex(({ line }) => line <= mark.line);
    if (this.#marks[after]?.line === mark.line) return;
    if (this.#marks.length >= MAX_MARKS) {
      this.#omitted++;
      const least = mark.kind === "error" ? this.#marks.findLastIndex(({ kind }) => kind !== "error") : -1;
      if (least === -1) return;
      this.#marks.splice(least, 1);
      this.#marks.splice(least <= after ? after : after + 1, 0, mark);
    } else this.#marks.splice(after + 1, 0, mark);
  }
}

/** Whether a line that looks like an error belongs to a block. */
function continues(block: MarkBlock, number: number, step: string | null, kind: MarkKind): boolean {
  if (block.step !== step || number > block.end + 1 || number < block.first) return false;
  if (kind === "stack") return true;
  // An error after a warning, and any message after an empty line, begins a new block.
  return block.kind === "stack" || (!block.isPaused && (kind === block.kind || kind === "warning"));
}
