import { AnsiParser } from "./ansi.ts";
import type { Span } from "./ansi.ts";
import type { Gap, LogLine } from "./model.ts";
import { formatOffset } from "./time.ts";

/** One row of the log, ready to be drawn. */
export type LogItem =
  | {
      readonly type: "line";
      readonly line: LogLine;
      readonly number: number;
      readonly spans: readonly Span[];
      readonly time: string;
    }
  | { readonly type: "gap"; readonly gap: Gap };

/**
 * What arrived and is not drawn yet. Lines come in bursts of thousands, and a hidden tab draws nothing at all, so the
 * queue has a limit: beyond it the oldest lines are given up, as they would leave the page anyway.
 */
export class LogQueue {
  readonly #limit: number;
  #items: LogItem[] = [];
  #head = 0;
  #lastNumber = 0;
  #firstTime: number | undefined;
  #shownTime = "";
  #step: string | null = null;
  #parsers: Record<LogLine["stream"], AnsiParser> = createParsers();
  #skipped = 0;

  /** @param limit rows kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many rows wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** The number of the last line that arrived. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Adds a line and gives it its number. */
  pushLine(line: LogLine): void {
    if (line.step !== this.#step) {
      this.#step = line.step;
      // A program that leaves a colour on when it ends must not paint the next one.
      this.#parsers = createParsers();
    }
    const time = Date.parse(line.time);
    this.#firstTime ??= time;
    const offset = formatOffset(time - this.#firstTime);
    const spans = this.#parsers[line.stream].parse(line.text);
    this.#push({
      type: "line",
      line,
      number: ++this.#lastNumber,
      spans,
      time: offset === this.#shownTime ? "" : offset,
    });
    this.#shownTime = offset;
  }

  /** Adds the mark of a gap; the numbers go on behind the lines that are missing. */
  pushGap(gap: Gap): void {
    this.#lastNumber += gap.missed ?? 0;
    this.#push({ type: "gap", gap });
  }

  /** Takes the next row. */
  shift(): LogItem | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    // Moving the rest to the front now and then keeps both this and the memory cheap.
    if (this.#head === this.#items.length || this.#head > this.#limit) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** How many rows were given up since this was last asked. All that is on the page is older than them. */
  takeSkipped(): number {
    const skipped = this.#skipped;
    this.#skipped = 0;
    return skipped;
  }

  #push(item: LogItem): void {
    this.#items.push(item);
    if (this.size <= this.#limit) return;
    this.shift();
    this.#skipped++;
  }
}

function createParsers(): Record<LogLine["stream"], AnsiParser> {
  return { stdout: new AnsiParser(), stderr: new AnsiParser(), system: new AnsiParser() };
}
