import { formatOffset } from "../time.ts";
import { spansOf } from "./ansi.ts";
import { revealHidden } from "./reveal-hidden.ts";
import type { LogLine } from "../model.ts";
import type { Span } from "./ansi.ts";

/** One row of the log, ready to be drawn. */
export type LogItem =
  | {
      readonly type: "line";
      readonly line: LogLine;
      readonly spans: readonly Span[];
      readonly time: string;
    }
  /** Another state of a line that was a row before. */
  | { readonly type: "update"; readonly line: LogLine; readonly spans: readonly Span[] }
  | {
      readonly type: "gap";
      /** The number of the first line that is missing. */
      readonly from: number;
      /** The number of missing lines, if it is known. */
      readonly count: number | undefined;
    };

/**
 * The rows that are not drawn yet. Lines arrive in bursts of thousands, and a hidden tab draws nothing, so the queue
 * has a limit: beyond it the oldest rows are dropped, as they would leave the page anyway.
 */
export class LogQueue {
  readonly #limit: number;
  #items: LogItem[] = [];
  #head = 0;
  #lastNumber = 0;
  #lostThrough = 0;
  #isInGap = false;
  #firstTime: number | undefined;
  #shownTime = "";
  #hasOverflowed = false;

  /** @param limit - The maximum number of rows. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of rows that wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The number of the last line that arrived. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** The last line that the server no longer keeps, according to its gaps. The server drops the oldest lines first. */
  get lostThrough(): number {
    return this.#lostThrough;
  }

  /** Adds a line, and before it a mark for missing lines. A line whose number has arrived before replaces that line. */
  pushLine(line: LogLine): void {
    if (line.number <= this.#lastNumber) {
      this.#replaceLine(line);
      return;
    }
    const missing = line.number - this.#lastNumber - 1;
    if (missing > 0) this.#push({ type: "gap", from: this.#lastNumber + 1, count: missing });
    if (missing > 0 || this.#isInGap) this.#lostThrough = line.number - 1;
    this.#isInGap = false;
    this.#lastNumber = line.number;
    const time = Date.parse(line.time);
    this.#firstTime ??= time;
    const offset = formatOffset(time - this.#firstTime);
    const spans = revealHidden(spansOf(line.text));
    this.#push({
      type: "line",
      line,
      spans,
      time: offset === this.#shownTime ? "" : offset,
    });
    this.#shownTime = offset;
  }

  /** Notes a gap. It counts events; the number of the next line shows how many lines are missing. */
  pushGap(): void {
    this.#isInGap = true;
  }

  /** Notes that no line will follow, so an open gap has no next line. */
  end(): void {
    if (!this.#isInGap) return;
    this.#isInGap = false;
    this.#lostThrough = Infinity;
    this.#push({ type: "gap", from: this.#lastNumber + 1, count: undefined });
  }

  /** Removes and returns the next row. */
  shift(): LogItem | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    // Moving the rest to the front from time to time keeps both this and the memory cheap.
    if (this.#head === this.#items.length || this.#head > this.#limit) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Whether rows were dropped since the last call. All rows on the page are older than those. */
  takeOverflow(): boolean {
    const hasOverflowed = this.#hasOverflowed;
    this.#hasOverflowed = false;
    return hasOverflowed;
  }

  #replaceLine(line: LogLine): void {
    const spans = revealHidden(spansOf(line.text));
    const index = this.#items.findLastIndex((item) => item.type !== "gap" && item.line.number === line.number);
    const waiting = index < this.#head ? undefined : this.#items[index];
    if (waiting === undefined || waiting.type === "gap") this.#push({ type: "update", line, spans });
    else this.#items[index] = { ...waiting, line, spans };
  }

  #push(item: LogItem): void {
    this.#items.push(item);
    if (this.size <= this.#limit) return;
    this.shift();
    this.#hasOverflowed = true;
  }
}
