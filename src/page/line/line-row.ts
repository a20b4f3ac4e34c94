import { create } from "../dom.ts";
import { serverText } from "../words/server-words.ts";
import { words } from "../words/words.ts";
import { spansOf } from "./ansi.ts";
import { linkAddresses } from "./links.ts";
import { revealHidden } from "./reveal-hidden.ts";
import { splitSpans } from "./split-spans.ts";
import type { LogLine, Outline } from "../model.ts";
import type { Link, Span } from "./ansi.ts";
import type { TextMatcher } from "./split-spans.ts";

/** How a line can look: like an error, a warning, or a line of a stack trace. */
export type MarkKind = Outline["marks"][number]["kind"];

/** The parts of a line that are not its text. */
export interface LineLook {
  /** The time before the text; empty for none. */
  readonly time: string;
  /** Whether a link leads to the line. */
  readonly isTarget: boolean;
  /** Whether it is the current hit of a search. */
  readonly isCurrent: boolean;
  /** The kind of the error that the line looks like. */
  readonly mark: MarkKind | undefined;
  readonly matcher: TextMatcher | undefined;
  /** The text in place of a line that has not arrived. */
  readonly placeholder: string;
}

/** Returns the id of a line's element, which is also the fragment of its address. */
export function lineId(number: number): string {
  return `L${number}`;
}

/** Returns the text of a line as the server's log has it, without colours. The page can show a translation of it. */
export function shownText(line: LogLine): string {
  return drawnSpans(line)
    .map(({ text }) => text)
    .join("");
}

/** The element of one line: its number, as a link to itself, and its text. */
export class LineRow {
  readonly number: number;
  readonly element: HTMLElement = create("div");
  readonly #link = create("a", "number");
  readonly #text = create("span", "text");
  #line: LogLine | undefined;
  #matcher: TextMatcher | undefined;

  constructor(number: number) {
    this.number = number;
    this.element.id = lineId(number);
    this.element.dataset["line"] = String(number);
    this.#link.href = `#${lineId(number)}`;
    this.#link.textContent = String(number);
    // Hundreds of tab stops would make the tab key useless.
    this.#link.tabIndex = -1;
    this.element.append(this.#link, this.#text);
  }

  /**
   * Shows a state of the line.
   *
   * @param line - `undefined` while the line has not arrived.
   * @param isHeld - Whether the text must stay as it is, because a selection begins or ends in it.
   */
  show(line: LogLine | undefined, look: LineLook, isHeld: boolean): void {
    this.#setClass(classOf(line, look));
    // The style sheet draws this attribute: it needs no node, and copying a log does not copy it.
    if (this.#text.dataset["time"] !== look.time) this.#text.dataset["time"] = look.time;
    if (line === undefined) {
      if (this.#line === undefined && this.#text.textContent !== look.placeholder)
        this.#text.textContent = look.placeholder;
      return;
    }
    if (isHeld || (this.#line === line && this.#matcher === look.matcher)) return;
    const isNew = this.#line === undefined;
    this.#line = line;
    this.#matcher = look.matcher;
    if (isNew && line.stream === "stderr") this.#link.setAttribute("aria-label", words().standardError(this.number));
    const spans = linkAddresses(drawnSpans(line));
    const text = spans.map((span) => span.text).join("");
    const hits = look.matcher?.(text) ?? [];
    // A search looks in the server's own words, so a hit shows them.
    const translation = line.stream === "system" && hits.length === 0 ? serverText(text) : text;
    this.#text.title = translation === text ? "" : text;
    if (translation === text) this.#text.replaceChildren(...nodesOf(splitSpans(spans, hits, markHit)));
    else this.#text.textContent = translation;
  }

  /** Hides the row without removing it, because a selection begins or ends in it. */
  hide(): void {
    this.#setClass("line kept");
  }

  #setClass(name: string): void {
    if (this.element.className !== name) this.element.className = name;
  }
}

function classOf(line: LogLine | undefined, { isTarget, isCurrent, mark }: LineLook): string {
  const names = ["line", line?.stream ?? "absent"];
  if (line?.stream === "system" && line.text.startsWith("$ ")) names.push("command");
  if (isTarget) names.push("target");
  if (isCurrent) names.push("current");
  if (mark !== undefined) names.push(mark === "warning" ? "marked-warning" : "marked-error");
  return names.join(" ");
}

function drawnSpans(line: LogLine): readonly Span[] {
  return revealHidden(spansOf(line.text));
}

function markHit(span: Span): Span {
  return { ...span, classes: span.classes === "" ? "hit" : `${span.classes} hit` };
}

function nodesOf(spans: readonly Span[]): (string | HTMLElement)[] {
  const nodes: (string | HTMLElement)[] = [];
  let link: Link | undefined;
  let anchor: HTMLAnchorElement | undefined;
  for (const span of spans) {
    if (span.link !== link) {
      link = span.link;
      anchor = link === undefined ? undefined : createAnchor(link);
      if (anchor !== undefined) nodes.push(anchor);
    }
    const node = span.classes === "" ? span.text : create("span", span.classes, span.text);
    if (anchor === undefined) nodes.push(node);
    else anchor.append(node);
  }
  return nodes;
}

/** A link that opens another tab, which gets no access to this one and does not learn where it was opened. */
function createAnchor({ href, isNamed }: Link): HTMLAnchorElement {
  const anchor = create("a", isNamed ? "link named" : "link");
  anchor.href = href;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  anchor.title = href;
  // The style sheet shows the host beside a text that may say anything.
  if (isNamed) anchor.dataset["host"] = new URL(href).host;
  return anchor;
}
