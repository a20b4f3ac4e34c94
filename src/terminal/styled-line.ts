import { controlEnd, isControlString } from "./controls.ts";
import { PLAIN, RESET, selectStyle, styleSequence } from "./style.ts";
import type { Style } from "./style.ts";

const ESC = "\x1b";

/** The first bytes of private sequences, and intermediate bytes: a sequence with them is not a style. */
const SPECIAL = /[<=>?]|[ -/]/;

/**
 * A line that was printed in a style, as a line that begins and ends in the plain one.
 *
 * @param line - Text, styles, control strings and control characters that are silent.
 * @returns The line, and the style in which the next one begins; `undefined` when it has another control function.
 */
export function styledLine(line: string, style: Style): { text: string; style: Style } | undefined {
  let last = style;
  // Every ESC begins a control function; within a control string, it also ends that string.
  for (let at = line.indexOf(ESC); at !== -1; at = line.indexOf(ESC, at + 1)) {
    if (line[at + 1] !== "[") {
      if (isControlString(line, at) || line[at + 1] === "\\") continue;
      return undefined;
    }
    const end = controlEnd(line, at) ?? at;
    const parameters = line.slice(at + 2, end - 1);
    if (line[end - 1] !== "m" || SPECIAL.test(parameters)) return undefined;
    last = selectStyle(last, parameters);
  }
  if (style === PLAIN && last === PLAIN) return { text: line, style };
  const isEmpty = line === "";
  return { text: isEmpty ? "" : styleSequence(style) + line + (last === PLAIN ? "" : RESET), style: last };
}

/** Returns a text without an incomplete control function at its end. */
export function withoutIncompleteControl(text: string): string {
  let start = text.lastIndexOf(ESC);
  let end = text.length;
  // Within a control string, an ESC at the end may begin its terminator.
  while (start !== -1 && controlEnd(text.slice(0, end), start) === undefined) {
    end = start;
    start = start === 0 ? -1 : text.lastIndexOf(ESC, start - 1);
  }
  return text.slice(0, end);
}

