import { create } from "../dom.ts";
import { gapText } from "./log-words.ts";
import type { LogLine } from "../model.ts";
import type { Span } from "./ansi.ts";

/** The id of a line's element, which is also the fragment of its address. */
export function lineId(number: number): string {
  return `L${number}`;
}

/**
 * The element of one line: its number, as a link to itself, and its text.
 *
 * @param time shown before the text while times are switched on; empty where it would only repeat the line before.
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
  // Thousands of stops would end all moving about with the tab key.
  link.tabIndex = -1;
  if (line.stream === "stderr") link.setAttribute("aria-label", `${number}, standard error`);
  // An attribute, drawn by the style sheet: it costs no node, and copying a log does not copy it.
  if (time !== "") text.dataset["time"] = time;
  for (const span of spans) text.append(span.classes === "" ? span.text : create("span", span.classes, span.text));
  row.append(link, text);
  return row;
}

/** The element that says that lines are missing here. */
export function createGap(count: number | undefined): HTMLElement {
  return create("div", "gap", gapText(count));
}
