import { create } from "../dom.ts";
import { words } from "../words/words.ts";
import { gapText } from "./log-words.ts";
import type { LogLine } from "../model.ts";
import type { Span } from "./ansi.ts";

/** Returns the id of a line's element, which is also the fragment of its address. */
export function lineId(number: number): string {
  return `L${number}`;
}

/**
 * Creates the element of one line: its number, as a link to itself, and its text.
 *
 * @param time - The time before the text, shown while times are switched on; empty if it equals the previous one.
 */
export function createLine(line: LogLine, spans: readonly Span[], time: string): HTMLElement {
  const { number } = line;
  const row = create(
    "div",
    `line ${line.stream}${line.stream === "system" && line.text.startsWith("$ ") ? " command" : ""}`,
  );
  const link = create("a", "number", String(number));
  const text = create("span", "text");
  row.id = lineId(number);
  link.href = `#${lineId(number)}`;
  // Thousands of tab stops would make the tab key useless.
  link.tabIndex = -1;
  if (line.stream === "stderr") link.setAttribute("aria-label", words().standardError(number));
  // The style sheet draws this attribute: it needs no node, and copying a log does not copy it.
  if (time !== "") text.dataset["time"] = time;
  text.append(...nodesOf(spans));
  row.append(link, text);
  return row;
}

/** Replaces the text of a line, if the line is on the page. */
export function updateLine(number: number, spans: readonly Span[]): void {
  document.querySelector(`#${lineId(number)} .text`)?.replaceChildren(...nodesOf(spans));
}

function nodesOf(spans: readonly Span[]): (string | HTMLElement)[] {
  return spans.map(({ text, classes }) => (classes === "" ? text : create("span", classes, text)));
}

/** Creates the element that marks missing lines. */
export function createGap(count: number | undefined): HTMLElement {
  return create("div", "gap", gapText(count));
}
