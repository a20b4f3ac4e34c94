import { linePattern } from "../../terminal/line-pattern.ts";
import { byId } from "../dom.ts";
import { ApiError } from "../server/api.ts";
import { workerAddress } from "../worker-address.ts";
import { ErrorJumps } from "./error-jumps.ts";
import { FindBar } from "./find-bar.ts";
import { countText, noteText } from "./find-text.ts";
import { HitSearch } from "./hit-search.ts";
import { LogMap } from "./log-map.ts";
import { PatternRows } from "./pattern-rows.ts";
import { textRanges } from "./text-ranges.ts";
import type { TextMatcher } from "../line/split-spans.ts";
import type { LogView } from "../log/log-view.ts";
import type { Build, LineQuery, Outline, SearchReport } from "../model.ts";

/** The parts of the page that the search needs. */
export interface LogFindHandlers {
  /** Searches the log of a build from line `from` on. */
  readonly search: (id: string, query: LineQuery, from: number, signal: AbortSignal) => AsyncIterable<SearchReport>;
  readonly getOutline: (id: string) => Promise<Outline>;
  /** Announces a text to screen readers. */
  readonly announce: (text: string) => void;
}

const COVERED_LINES = 2;

/** Finds places in the log: by a text, by the lines that look like errors, and on the map. */
export class LogFind {
  readonly #log: LogView;
  readonly #handlers: LogFindHandlers;
  readonly #bar: FindBar;
  readonly #search: HitSearch;
  readonly #errors: ErrorJumps;
  readonly #map: LogMap;
  #id = "";
  #isComplete = false;
  #hasOutline = false;
  #matcher: TextMatcher | undefined;
  #rows: PatternRows | undefined;
  /** The line of the current hit or error. */
  #current: number | undefined;
  /** The line from which a new search looks for its first hit, whether it does, and whether it looks backwards. */
  #origin = 1;
  #isSeeking = false;
  #isSeekingBack = false;
  /** The line of the current hit when the bar was closed. */
  #formerHit: number | undefined;
  #isAnnounced = false;

  constructor(log: LogView, handlers: LogFindHandlers) {
    this.#log = log;
    this.#handlers = handlers;
    this.#bar = new FindBar({
      search: (query) => this.#start(query),
      next: () => this.next(),
      previous: () => this.previous(),
      close: () => this.close(),
    });
    this.#search = new HitSearch({
      request: (query, from, signal) => handlers.search(this.#id, query, from, signal),
      changed: () => this.#showSearch(),
    });
    this.#map = new LogMap((line) => log.revealLine(line));
    this.#errors = new ErrorJumps(log, {
      getOutline: handlers.getOutline,
      goToLine: (line) => this.#select(line),
      announce: handlers.announce,
      changed: () => this.#showMap(),
    });
    byId("find-button", HTMLButtonElement).addEventListener("click", () => this.open());
    log.onChange = () => this.#logChanged();
  }

  /** Whether the bar is visible. */
  get isOpen(): boolean {
    return this.#bar.isOpen;
  }

  /** Opens the bar, with the focus in its field. */
  open(): void {
    this.#bar.open();
  }

  /** Closes the bar, ends the search, and gives the focus back. */
  close(): void {
    const hadFocus = this.#bar.close();
    this.#formerHit = this.#current;
    this.#start(undefined);
    if (hadFocus === undefined || hadFocus === document.body || !hadFocus.isConnected) this.#log.focus();
    else hadFocus.focus({ preventScroll: true });
  }

  /** Goes to the next hit; after the last one, to the first. While the bar is closed, it repeats the last search. */
  next(): void {
    if (this.isOpen) this.#goTo(this.#search.hits.after(this.#current ?? this.#log.firstVisible - 1));
    else this.#repeat(false);
  }

  /** Goes to the previous hit, as {@link LogFind.next} does; before the first one, to the last. */
  previous(): void {
    if (this.isOpen) this.#goTo(this.#search.hits.before(this.#current ?? this.#log.lastVisible + 1));
    else this.#repeat(true);
  }

  /** Marks the line of the current hit or error; without one, the first visible line. */
  markCurrent(): void {
    const { firstVisible, lastVisible, lineCount } = this.#log;
    const current = this.#current ?? 0;
    const isVisible = current >= firstVisible && current <= lastVisible;
    const line = isVisible ? current : Math.min(firstVisible + COVERED_LINES, lineCount);
    if (line > 0) this.#log.markLine(line);
  }

  /** Goes to the first error, then to the next ones; with `isBack`, to the previous one. */
  jumpToError(isBack: boolean): void {
    this.#errors.jump(isBack);
  }

  /** Prepares for another build. @param hasTarget - Whether the address names lines. */
  openBuild(id: string, hasTarget: boolean): void {
    this.#id = id;
    this.#isComplete = false;
    this.#hasOutline = false;
    this.#start(undefined);
    this.#errors.open(id, hasTarget);
  }

  showBuild(build: Build): void {
    this.#errors.showBuild(build);
  }

  /** Shows the marks of the log. A search in the bar applies to the log of another build, too. */
  showOutline(outline: Outline): void {
    this.#errors.showOutline(outline);
    const isFirst = !this.#hasOutline;
    this.#hasOutline = true;
    if (isFirst && this.#bar.isOpen) this.#start(this.#bar.query);
  }

  /** Notes that the log is complete. */
  endLog(): void {
    this.#isComplete = true;
    this.#search.finish();
    void this.#errors.end();
  }

  /** Opens the bar, and continues the search that ended with it, from the hit that was the current one. */
  #repeat(isBack: boolean): void {
    if (this.#bar.query === undefined) return;
    const { firstVisible, lastVisible } = this.#log;
    const former = this.#formerHit ?? 0;
    const isVisible = former >= firstVisible && former <= lastVisible;
    this.#bar.resume();
    this.#isSeekingBack = isBack;
    if (isVisible) this.#origin = isBack ? former : former + 1;
    else if (isBack) this.#origin = lastVisible + 1;
  }

  #start(query: LineQuery | undefined): void {
    const { firstVisible, lastVisible } = this.#log;
    const current = this.#current;
    // While the person types, the hit stays where it is as long as it matches.
    const isVisible = current !== undefined && current >= firstVisible && current <= lastVisible;
    this.#origin = isVisible ? current : firstVisible;
    this.#current = undefined;
    this.#isSeeking = query !== undefined;
    this.#isSeekingBack = false;
    this.#rows?.end();
    this.#rows = undefined;
    this.#matcher = undefined;
    let error: unknown;
    if (query !== undefined) {
      try {
        this.#matcher = this.#createMatcher(query);
      } catch (cause) {
        error = cause;
      }
    }
    this.#highlight();
    if (error === undefined) this.#search.start(query);
    else this.#search.refuse(error);
  }

  /** @throws {SyntaxError} If the query is not a regular expression. */
  #createMatcher(query: LineQuery): TextMatcher {
    const pattern = linePattern(query, "g");
    if (!query.isRegex) return (text) => textRanges(pattern, text);
    const thread = new Worker(workerAddress("pattern"), { type: "module" });
    const rows = new PatternRows(query, thread, () => {
      this.#matcher = rows.createMatcher();
      this.#highlight();
    });
    this.#rows = rows;
    return rows.createMatcher();
  }

  #showSearch(): void {
    const { hits, phase } = this.#search;
    if (phase === "failed") this.#rows?.end();
    if (this.#isSeeking) {
      const isOver = phase !== "running";
      const ahead = hits.numbers[hits.indexFrom(this.#origin)] ?? (isOver ? hits.numbers[0] : undefined);
      const behind = isOver ? hits.before(this.#origin) : undefined;
      const found = this.#isSeekingBack ? behind : ahead;
      if (found !== undefined) this.#select(found);
    }
    this.#showText();
    this.#showMap();
    if (phase === "running") this.#isAnnounced = false;
    else if (phase !== "idle" && !this.#isAnnounced) {
      this.#isAnnounced = true;
      this.#handlers.announce(`${this.#countText} ${noteText(this.#search, hits.numbers.length)}`.trim());
    }
  }

  get #countText(): string {
    const index = this.#search.hits.indexOf(this.#current);
    return countText(this.#search, index === undefined ? undefined : index + 1, !this.#isComplete);
  }

  #showText(): void {
    const { hits, error } = this.#search;
    const isRefused = error instanceof ApiError && error.code === "INVALID_PATTERN";
    const isInvalid = isRefused || error instanceof SyntaxError;
    this.#bar.show(this.#countText, noteText(this.#search, hits.numbers.length), isInvalid);
  }

  #goTo(line: number | undefined): void {
    if (line === undefined) return;
    this.#select(line);
    this.#showText();
  }

  /** Makes a line the current one, and scrolls to it unless it is visible. */
  #select(line: number): void {
    this.#current = line;
    this.#isSeeking = false;
    this.#log.follow = false;
    const { firstVisible, lastVisible } = this.#log;
    // The heading of the step covers the first visible lines.
    if (line < firstVisible + COVERED_LINES || line >= lastVisible) this.#log.revealLine(line);
    this.#highlight();
    this.#showMap();
  }

  #highlight(): void {
    this.#log.setHits(this.#matcher, this.#current);
  }

  #logChanged(): void {
    const { firstVisible, lastVisible, lineCount } = this.#log;
    this.#search.grow(lineCount);
    this.#errors.grow();
    this.#map.showVisible(firstVisible, lastVisible, lineCount);
    this.#showMap();
  }

  #showMap(): void {
    const { lineCount } = this.#log;
    this.#map.show({ lineCount, hits: this.#search.hits.numbers, marks: this.#errors.marks, current: this.#current });
  }
}
