import type { TextMatcher, TextRange } from "../line/split-spans.ts";
import type { LineQuery } from "../model.ts";

/** A request to the thread: find the matches in these texts. */
export interface PatternRequest {
  readonly query: LineQuery;
  readonly texts: readonly string[];
}

/** A message of the thread: it has started, or the matches in each text of the request. */
export type PatternReply = "ready" | readonly (readonly TextRange[])[];

/** The parts of a `Worker` that are used. */
export interface PatternThread {
  postMessage(request: PatternRequest): void;
  terminate(): void;
  addEventListener(type: "message", listener: (event: { readonly data: PatternReply }) => void): void;
}

/** The maximum length of a line in which a regular expression is highlighted, in UTF-16 units. */
const MAX_LENGTH = 2000;

/** How long the thread may need for the visible lines, in milliseconds. */
const TIMEOUT = 500;

/** The maximum number of lines whose matches are kept. */
const MAX_KNOWN = 2000;

const NONE: readonly TextRange[] = [];

/**
 * Finds the matches of a regular expression in the visible lines. A thread runs the expression, because one that
 * explodes would freeze the page. A thread that does not answer in time is ended, and nothing is highlighted.
 */
export class PatternRows {
  readonly #query: LineQuery;
  readonly #thread: PatternThread;
  readonly #changed: () => void;
  readonly #known = new Map<string, readonly TextRange[]>();
  readonly #wanted = new Set<string>();
  #asked: readonly string[] = [];
  #isReady = false;
  #isEnded = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param changed - Called when the matches of more lines are known. */
  constructor(query: LineQuery, thread: PatternThread, changed: () => void) {
    this.#query = query;
    this.#thread = thread;
    this.#changed = changed;
    thread.addEventListener("message", ({ data }) => this.#receive(data));
  }

  /** A function that returns the known matches, and requests others. It is another one after each change. */
  createMatcher(): TextMatcher {
    return (text) => this.#rangesOf(text);
  }

  /** Ends the thread. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    this.#thread.terminate();
  }

  #rangesOf(text: string): readonly TextRange[] {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#isEnded || text.length > MAX_LENGTH) return NONE;
    this.#wanted.add(text);
    // All rows of a turn are one request.
    if (this.#wanted.size === 1) queueMicrotask(() => this.#ask());
    return NONE;
  }

  #ask(): void {
    if (!this.#isReady || this.#isEnded || this.#asked.length > 0 || this.#wanted.size === 0) return;
    this.#asked = [...this.#wanted];
    this.#wanted.clear();
    this.#timer = setTimeout(() => this.end(), TIMEOUT);
    this.#thread.postMessage({ query: this.#query, texts: this.#asked });
  }

  #receive(reply: PatternReply): void {
    if (this.#isEnded) return;
    if (reply === "ready") this.#isReady = true;
    else {
      clearTimeout(this.#timer);
      if (this.#known.size + this.#asked.length > MAX_KNOWN) this.#known.clear();
      this.#asked.forEach((text, index) => this.#known.set(text, reply[index] ?? NONE));
      this.#asked = [];
      this.#changed();
    }
    this.#ask();
  }
}
