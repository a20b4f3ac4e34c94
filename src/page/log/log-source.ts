import type { LogLine } from "../model.ts";

/** An answer with lines by number. */
export interface LinesReply {
  /** The lines, without holes. They may begin later than requested, if the server no longer keeps earlier ones. */
  readonly lines: readonly LogLine[];
  /** The number of lines that the server stores. */
  readonly lineCount: number;
}

/** The environment of a {@link LogSource}. */
export interface LogSourceOptions {
  /** Requests `count` lines from line `from` on. The answer may have fewer. */
  readonly request: (from: number, count: number, signal: AbortSignal) => Promise<LinesReply>;
  /** Called when lines have arrived, or a request has failed. */
  readonly changed: () => void;
  /** Whether the server is known not to keep a line. */
  readonly isMissing: (number: number) => boolean;
  /** Called when the server turns out not to keep these lines. */
  readonly missing: (first: number, last: number) => void;
}

/** The number of lines that are kept and dropped together. */
const PAGE = 200;

/** The maximum number of lines in a request. */
const MAX_LINES = 1000;

/** How far beyond the requested lines others are requested in advance. */
const AHEAD = 400;

/** The maximum number of requests at the same time. */
const MAX_REQUESTS = 2;

/** The maximum number of pages, and of UTF-16 units in them. The pages near the eye are kept in any case. */
const MAX_PAGES = 150;
const MAX_LENGTH = 16 * 1024 * 1024;

/** The first and the longest pause after a failed request, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15_000;

interface Page {
  readonly lines: (LogLine | undefined)[];
  length: number;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

/**
 * The lines of a log by number. It requests the lines near the eye, keeps a bounded number of others, and receives live
 * lines, which it does not request.
 */
export class LogSource {
  readonly #options: LogSourceOptions;
  /** The pages by index, the least recently used first. */
  readonly #pages = new Map<number, Page>();
  readonly #requests = new Set<Range>();
  #abort = new AbortController();
  #length = 0;
  #lineCount = 0;
  #wanted: Range = { first: 1, last: 0 };
  #ahead = 0;
  #failures = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LogSourceOptions) {
    this.#options = options;
  }

  /** The number of the last line that exists. */
  get lineCount(): number {
    return this.#lineCount;
  }

  /** Whether the last request failed, so that missing lines wait for another attempt. */
  get hasFailed(): boolean {
    return this.#failures > 0;
  }

  /** Forgets all lines. @param lineCount - The number of lines that exist. */
  reset(lineCount: number): void {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#pages.clear();
    this.#requests.clear();
    clearTimeout(this.#pause);
    this.#pause = undefined;
    this.#failures = 0;
    this.#length = 0;
    this.#lineCount = lineCount;
    this.#wanted = { first: 1, last: 0 };
  }

  /** Returns a line; `undefined` while it has not arrived. */
  get(number: number): LogLine | undefined {
    return this.#pages.get(pageOf(number))?.lines[(number - 1) % PAGE];
  }

  /** Adds a live line, or another state of a line. */
  add(line: LogLine): void {
    const { number } = line;
    const isNew = number > this.#lineCount;
    if (isNew) this.#lineCount = number;
    // Another state of a line that is not here will be in the answer that brings the line.
    if (isNew || this.get(number) !== undefined || this.#isRequested(number)) this.#put(line);
  }

  /**
   * Requests the lines of a range that are not here, and keeps the range.
   *
   * @param isReading - Whether the person reads there, so that lines before and after it are requested as well.
   */
  want(first: number, last: number, isReading: boolean): void {
    this.#wanted = { first, last: Math.min(last, this.#lineCount) };
    this.#ahead = isReading ? AHEAD : 0;
    for (let page = pageOf(this.#wanted.first); page <= pageOf(this.#wanted.last); page++) this.#touch(page);
    this.#requestMissing();
  }

  /** Resolves with the lines of a range; those that the server does not keep are left out. It keeps none of them. */
  async read(first: number, last: number): Promise<LogLine[]> {
    const lines: LogLine[] = [];
    for (let number = first; number <= last;) {
      const line = this.get(number);
      if (line !== undefined) {
        lines.push(line);
        number++;
        continue;
      }
      const count = Math.min(MAX_LINES, last - number + 1);
      const reply = await this.#options.request(number, count, this.#abort.signal);
      const newest = reply.lines.at(-1);
      if (newest === undefined) break;
      lines.push(...reply.lines.filter((found) => found.number >= number && found.number <= last));
      number = Math.max(number, newest.number) + 1;
    }
    return lines;
  }

  #requestMissing(): void {
    while (this.#requests.size < MAX_REQUESTS && this.#pause === undefined) {
      const { first, last } = this.#wanted;
      const range = this.#firstHole(first, last) ?? this.#firstHole(first - this.#ahead, last + this.#ahead);
      if (range === undefined) return;
      void this.#request(range);
    }
  }

  /** The first lines of a range that are neither here nor requested, to the bounds of their pages. */
  #firstHole(from: number, to: number): Range | undefined {
    const end = Math.min(to, this.#lineCount);
    const isHole = (number: number): boolean =>
      this.get(number) === undefined && !this.#isRequested(number) && !this.#options.isMissing(number);
    let first = Math.max(1, from);
    while (first <= end && !isHole(first)) first++;
    if (first > end) return undefined;
    const start = pageOf(first) * PAGE + 1;
    while (first > start && isHole(first - 1)) first--;
    const limit = Math.min(this.#lineCount, (pageOf(end) + 1) * PAGE, first + MAX_LINES - 1);
    let last = first;
    while (last < limit && isHole(last + 1)) last++;
    return { first, last };
  }

  async #request(range: Range): Promise<void> {
    const { signal } = this.#abort;
    this.#requests.add(range);
    try {
      const reply = await this.#options.request(range.first, range.last - range.first + 1, signal);
      if (signal.aborted) return;
      // Live lines can overtake the server's own store for a moment.
      if (reply.lines.length === 0 && reply.lineCount < range.first) throw new Error("The lines are not stored yet");
      this.#requests.delete(range);
      this.#failures = 0;
      this.#accept(range, reply.lines);
    } catch {
      if (signal.aborted) return;
      this.#requests.delete(range);
      this.#retryLater();
    }
    this.#options.changed();
    this.#requestMissing();
  }

  #accept({ first, last }: Range, lines: readonly LogLine[]): void {
    // A state that arrived live in the meantime is at least as new.
    for (const line of lines) if (this.get(line.number) === undefined) this.#put(line);
    const found = lines[0]?.number ?? last + 1;
    if (found > first) this.#options.missing(first, found - 1);
  }

  #retryLater(): void {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures++);
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#requestMissing();
    }, pause);
  }

  #isRequested(number: number): boolean {
    for (const { first, last } of this.#requests) if (number >= first && number <= last) return true;
    return false;
  }

  #put(line: LogLine): void {
    const index = pageOf(line.number);
    let page = this.#pages.get(index);
    if (page === undefined) {
      this.#pages.set(index, (page = { lines: new Array<LogLine | undefined>(PAGE), length: 0 }));
      this.#evict(index);
    }
    const place = (line.number - 1) % PAGE;
    const change = line.text.length - (page.lines[place]?.text.length ?? 0);
    page.lines[place] = line;
    page.length += change;
    this.#length += change;
  }

  #touch(index: number): void {
    const page = this.#pages.get(index);
    if (page === undefined) return;
    this.#pages.delete(index);
    this.#pages.set(index, page);
  }

  #evict(added: number): void {
    const { first, last } = this.#wanted;
    for (const [index, page] of this.#pages) {
      if (this.#pages.size <= MAX_PAGES && this.#length <= MAX_LENGTH) return;
      if (index === added || (index >= pageOf(first) && index <= pageOf(last))) continue;
      this.#pages.delete(index);
      this.#length -= page.length;
    }
  }
}

function pageOf(number: number): number {
  return Math.floor((number - 1) / PAGE);
}
