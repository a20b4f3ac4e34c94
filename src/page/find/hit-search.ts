import { HitList } from "./hit-list.ts";
import type { LineQuery, SearchReport } from "../model.ts";

/** The parts of the page that a search needs. */
export interface HitSearchOptions {
  /** Searches from line `from` on. */
  readonly request: (query: LineQuery, from: number, signal: AbortSignal) => AsyncIterable<SearchReport>;
  /** Called after each change. */
  readonly changed: () => void;
}

/** The state of a search: without a query, running, or how it ended. */
export type SearchPhase = "idle" | "running" | "failed" | NonNullable<SearchReport["end"]>;

/** The number of lines before the end that are searched again, because a program may have redrawn them. */
const UNSETTLED_LINES = 128;

/** The minimum pause before new lines are searched, in milliseconds, and as a multiple of the last search. */
const MIN_PAUSE = 1000;
const PAUSE_FACTOR = 4;

/**
 * A search in the whole log, which the server does. While the log grows, it searches the new lines as well. A new
 * search aborts the one before.
 */
export class HitSearch {
  readonly hits: HitList = new HitList();
  readonly #options: HitSearchOptions;
  #query: LineQuery | undefined;
  #phase: SearchPhase = "idle";
  #count = 0;
  #scanned = 0;
  #of = 0;
  #error: unknown;
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #duration = 0;
  #isFollowUp = false;

  constructor(options: HitSearchOptions) {
    this.#options = options;
  }

  get phase(): SearchPhase {
    return this.#phase;
  }

  /** The number of lines that match. The list of hits can have fewer. */
  get count(): number {
    return this.#count;
  }

  /** The number of the last line that was searched. */
  get scanned(): number {
    return this.#scanned;
  }

  /** The number of lines that the server had. */
  get of(): number {
    return this.#of;
  }

  /** The reason why the search failed. */
  get error(): unknown {
    return this.#error;
  }

  /** Starts a search; `undefined` ends it. */
  start(query: LineQuery | undefined): void {
    this.#stop();
    this.hits.clear();
    this.#query = query;
    this.#count = this.#scanned = this.#of = 0;
    this.#error = undefined;
    this.#phase = query === undefined ? "idle" : "running";
    if (query !== undefined) void this.#run(query);
    this.#options.changed();
  }

  /** Ends the search, because the query is invalid. */
  refuse(error: unknown): void {
    this.start(undefined);
    this.#fail(error);
  }

  /** Notes that the log has this many lines. */
  grow(lineCount: number): void {
    const isOver = this.#phase === "complete" || this.#phase === "too-many";
    if (!isOver || this.#isFollowUp || this.#timer !== undefined || lineCount <= this.#scanned) return;
    this.#timer = setTimeout(() => this.#followUp(), Math.max(MIN_PAUSE, this.#duration * PAUSE_FACTOR));
  }

  /** Searches the end of the log again, which is complete now. */
  finish(): void {
    if (this.#query === undefined || this.#phase === "failed" || this.#phase === "too-slow") return;
    // The lines that a running search reads may not include the last ones.
    if (this.#phase === "running") this.start(this.#query);
    else this.#followUp();
  }

  async #run(query: LineQuery): Promise<void> {
    const { signal } = this.#abort;
    const startedAt = performance.now();
    try {
      for await (const report of this.#options.request(query, 1, signal)) {
        if (signal.aborted) return;
        this.hits.change(report.lines, report.removed);
        this.#show(report, report.count);
        this.#options.changed();
      }
      if (this.#phase === "running") throw new Error("The search ended without a last report");
    } catch (error) {
      if (signal.aborted) return;
      this.#fail(error);
    }
    this.#duration = performance.now() - startedAt;
  }

  #fail(error: unknown): void {
    this.#phase = "failed";
    this.#error = error;
    this.#options.changed();
  }

  #followUp(): void {
    this.#stop();
    if (this.#query !== undefined) void this.#runFollowUp(this.#query);
  }

  /** Searches the end of the log, and replaces the hits there when it is over. */
  async #runFollowUp(query: LineQuery): Promise<void> {
    const { signal } = this.#abort;
    // The list is incomplete after its end: nothing can be added, and only new lines can be counted.
    const isCut = this.#phase === "too-many";
    const from = isCut ? this.#scanned + 1 : Math.max(1, this.#scanned + 1 - UNSETTLED_LINES);
    const before = isCut ? this.#count : this.hits.indexFrom(from);
    const found = new HitList();
    const startedAt = performance.now();
    this.#isFollowUp = true;
    try {
      for await (const report of this.#options.request(query, from, signal)) {
        if (signal.aborted) return;
        found.change(report.lines, report.removed);
        if (report.end === undefined) continue;
        if (!isCut) {
          this.hits.clear(from);
          this.hits.change(found.numbers, []);
        }
        const end = isCut && report.end === "complete" ? "too-many" : report.end;
        this.#show({ ...report, end }, before + report.count);
        this.#options.changed();
      }
    } catch {
      // The next line, or the end of the log, tries again.
    } finally {
      if (!signal.aborted) {
        this.#isFollowUp = false;
        this.#duration = performance.now() - startedAt;
      }
    }
  }

  #show({ scanned, of, end }: SearchReport, count: number): void {
    this.#count = count;
    this.#scanned = Math.max(this.#scanned, scanned);
    this.#of = Math.max(of, this.#scanned);
    if (end !== undefined) this.#phase = end;
  }

  #stop(): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isFollowUp = false;
  }
}
