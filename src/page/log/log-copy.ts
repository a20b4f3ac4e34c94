import { shownText } from "../line/line-row.ts";
import { words } from "../words/words.ts";
import { copyText } from "./clipboard.ts";
import type { LogLine } from "../model.ts";

/** The parts of the log that copying needs. */
export interface CopyHandlers {
  /** The number of the last line. */
  readonly lineCount: () => number;
  /** A line that is here. */
  readonly get: (number: number) => LogLine | undefined;
  /** Reads lines, also those that are only on the server. */
  readonly read: (first: number, last: number) => Promise<readonly LogLine[]>;
  readonly notify: (text: string) => void;
}

/** The maximum number of lines that are copied at once, so that neither the page nor the clipboard grows too large. */
const MAX_LINES = 100_000;

/** A place in the log: a line, and an offset in its text. */
interface Place {
  readonly line: number;
  readonly offset: number;
}

/** The selected text: from a place in one line to a place in the same or a later one. */
interface Extent {
  readonly start: Place;
  readonly end: Place;
}

/**
 * Copies the selected lines of the log: with empty lines, without numbers, headings, times and colours, and also those
 * that are not drawn. Ctrl+A in the log selects all its lines, and nothing else on the page.
 */
export class LogCopy {
  readonly #log: HTMLElement;
  readonly #sections: HTMLElement;
  readonly #handlers: CopyHandlers;
  /** Whether all lines are selected, although only some are drawn. */
  #isAll = false;
  /** A text that was loaded after the browser's permission to copy had expired. */
  #loaded: { readonly key: string; readonly text: string } | undefined;

  constructor(log: HTMLElement, sections: HTMLElement, handlers: CopyHandlers) {
    this.#log = log;
    this.#sections = sections;
    this.#handlers = handlers;
    log.addEventListener("keydown", (event) => {
      const isPlain = !event.shiftKey && !event.altKey;
      if (event.key.toLowerCase() !== "a" || !isPlain || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.#isAll = true;
      this.#selectDrawn();
    });
    for (const type of ["pointerdown", "keydown"]) {
      document.addEventListener(type, (event) => this.#acted(event), { capture: true });
    }
    document.addEventListener("copy", (event) => this.#copied(event));
  }

  /** Selects the rows that were drawn since, if all lines are selected. */
  refresh(): void {
    if (this.#isAll) this.#selectDrawn();
  }

  /** Ends the selection of all lines, if there is one. */
  clear(): void {
    this.#isAll = false;
    this.#loaded = undefined;
  }

  #selectDrawn(): void {
    getSelection()?.selectAllChildren(this.#sections);
  }

  /** Everything but copying and scrolling ends the selection of all lines. */
  #acted(event: Event): void {
    if (!this.#isAll) return;
    if (event instanceof KeyboardEvent) {
      if (event.key !== "Escape") return;
      getSelection()?.removeAllRanges();
    }
    this.#isAll = false;
  }

  #copied(event: ClipboardEvent): void {
    const extent = this.#extent();
    if (extent === undefined) return;
    const { start, end } = extent;
    event.preventDefault();
    if (end.line - start.line >= MAX_LINES) {
      this.#handlers.notify(words().tooMuchToCopy);
      return;
    }
    const key = `${start.line}:${start.offset}-${end.line}:${end.offset}`;
    const text = this.#loaded?.key === key ? this.#loaded.text : this.#textOf(extent, this.#here(extent));
    if (text === undefined) void this.#copyLater(extent, key);
    else event.clipboardData?.setData("text/plain", text);
  }

  async #copyLater(extent: Extent, key: string): Promise<void> {
    try {
      const text = this.#textOf(extent, await this.#handlers.read(extent.start.line, extent.end.line)) ?? "";
      if (await copyText(text)) return;
      this.#loaded = { key, text };
      this.#handlers.notify(words().copyAgain);
    } catch {
      this.#handlers.notify(words().notCopied);
    }
  }

  /** The selected lines, if all of them are here. */
  #here({ start, end }: Extent): LogLine[] | undefined {
    const lines: LogLine[] = [];
    for (let number = start.line; number <= end.line; number++) {
      const line = this.#handlers.get(number);
      if (line === undefined) return undefined;
      lines.push(line);
    }
    return lines;
  }

  #textOf({ start, end }: Extent, lines: readonly LogLine[] | undefined): string | undefined {
    if (lines === undefined) return undefined;
    const texts = lines.map((line) => {
      const text = shownText(line);
      const stop = line.number === end.line ? end.offset : text.length;
      return text.slice(line.number === start.line ? start.offset : 0, stop);
    });
    return texts.join("\n");
  }

  /** The selected part of the log; `undefined` if the selection is elsewhere, or within one line. */
  #extent(): Extent | undefined {
    if (this.#isAll) {
      return { start: { line: 1, offset: 0 }, end: { line: this.#handlers.lineCount(), offset: Infinity } };
    }
    const selection = getSelection();
    if (selection === null || selection.rangeCount === 0 || selection.isCollapsed) return undefined;
    const range = selection.getRangeAt(0);
    if (!this.#log.contains(range.startContainer) || !this.#log.contains(range.endContainer)) return undefined;
    const start = placeOf(range.startContainer, range.startOffset, 0) ?? this.#edge(range, true);
    const end = placeOf(range.endContainer, range.endOffset, Infinity) ?? this.#edge(range, false);
    return start === undefined || end === undefined || end.line < start.line ? undefined : { start, end };
  }

  /** The first or last selected line, for a selection that begins or ends in a heading or between rows. */
  #edge(range: Range, isStart: boolean): Place | undefined {
    const rows = [...this.#sections.querySelectorAll<HTMLElement>(".line")].filter((row) => range.intersectsNode(row));
    const row = isStart ? rows[0] : rows.at(-1);
    return row === undefined ? undefined : { line: Number(row.dataset["line"]), offset: isStart ? 0 : Infinity };
  }
}

/**
 * The place of a point in the document; `undefined` if it is not in a line.
 *
 * @param edge - The offset in a line that is shown in translation: it is copied as a whole, as the log has it.
 */
function placeOf(node: Node, offset: number, edge: number): Place | undefined {
  const element = node instanceof Element ? node : node.parentElement;
  const row = element?.closest<HTMLElement>(".line");
  const text = row?.querySelector<HTMLElement>(".text");
  if (row === null || row === undefined || text === null || text === undefined) return undefined;
  const line = Number(row.dataset["line"]);
  const range = document.createRange();
  range.selectNodeContents(text);
  // A point in the number is before the text.
  if (range.comparePoint(node, offset) < 0) return { line, offset: 0 };
  if (range.comparePoint(node, offset) > 0) return { line, offset: Infinity };
  if (text.title !== "") return { line, offset: edge };
  range.setEnd(node, offset);
  return { line, offset: range.toString().length };
}
