import { byId, setText } from "../dom.ts";
import { shownText } from "../line/line-row.ts";
import { words } from "../words/words.ts";
import { copyText } from "./clipboard.ts";
import type { LogLine } from "../model.ts";
import type { LineRange } from "./log-rows.ts";

/** The parts of the log that the mark needs. */
export interface MarkHandlers {
  /** The person marked lines, or removed the mark. */
  readonly changed: (lines: LineRange | undefined) => void;
  /** Returns the lines of a range, also those that are only on the server. */
  readonly read: (lines: LineRange) => Promise<readonly LogLine[]>;
  readonly notify: (text: string) => void;
}

/**
 * The marked lines. A click on a number marks a line, a click with Shift extends the mark, and Escape removes it. While
 * lines are marked, a bar offers to copy a link to them, or their text.
 */
export class LineMark {
  readonly #log: HTMLElement;
  readonly #handlers: MarkHandlers;
  readonly #bar = byId("mark-bar", HTMLElement);
  readonly #name = byId("mark-name", HTMLElement);
  #lines: LineRange | undefined;
  /** The line where the mark began, which stays when it is extended. */
  #origin = 0;

  constructor(log: HTMLElement, handlers: MarkHandlers) {
    this.#log = log;
    this.#handlers = handlers;
    log.addEventListener("click", (event) => this.#clicked(event));
    // The browser would extend its selection, not the mark.
    log.addEventListener("mousedown", (event) => {
      if (event.shiftKey && numberOf(event) !== undefined) event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented || this.#lines === undefined) return;
      if (event.target instanceof Element && event.target.closest("input, textarea, select, dialog") !== null) return;
      event.preventDefault();
      this.choose(undefined);
    });
    byId("mark-clear", HTMLButtonElement).addEventListener("click", () => this.choose(undefined));
    byId("mark-link", HTMLButtonElement).addEventListener("click", () => void this.#copyLink());
    byId("mark-text", HTMLButtonElement).addEventListener("click", () => void this.#copyText());
  }

  /** Whether a line is marked. */
  has(number: number): boolean {
    return this.#lines !== undefined && number >= this.#lines.first && number <= this.#lines.last;
  }

  /** Marks lines; `undefined` removes the mark. */
  set(lines: LineRange | undefined): void {
    if (lines !== undefined && !this.has(this.#origin)) this.#origin = lines.first;
    this.#lines = lines;
    this.#bar.hidden = lines === undefined;
    if (lines !== undefined) setText(this.#name, words().markedLines(lines.first, lines.last));
  }

  /** Marks lines as the person requested; `undefined` removes the mark. */
  choose(lines: LineRange | undefined): void {
    const origin = this.#origin;
    // Otherwise the focus would be lost with the bar.
    if (lines === undefined && this.#bar.contains(document.activeElement)) this.#log.focus({ preventScroll: true });
    this.set(lines);
    if (lines !== undefined) this.#origin = origin;
    this.#handlers.changed(lines);
  }

  #clicked(event: MouseEvent): void {
    const number = numberOf(event);
    if (number === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (event.shiftKey && this.#lines !== undefined) {
      this.choose({ first: Math.min(this.#origin, number), last: Math.max(this.#origin, number) });
      return;
    }
    this.#origin = number;
    this.choose({ first: number, last: number });
  }

  async #copyLink(): Promise<void> {
    if (await copyText(location.href)) this.#handlers.notify(words().linkCopied);
    else this.#handlers.notify(words().notCopied);
  }

  async #copyText(): Promise<void> {
    if (this.#lines === undefined) return;
    try {
      const lines = await this.#handlers.read(this.#lines);
      const isCopied = await copyText(lines.map((line) => `${shownText(line)}\n`).join(""));
      this.#handlers.notify(isCopied ? words().linesCopied(lines.length) : words().notCopied);
    } catch {
      this.#handlers.notify(words().notCopied);
    }
  }
}

/** The line whose number an event is about. */
function numberOf(event: Event): number | undefined {
  const link = event.target instanceof Element ? event.target.closest("a.number") : null;
  return link === null ? undefined : Number(link.textContent);
}
