import type { TextRange } from "../line/split-spans.ts";

/** The maximum number of ranges in a line: each is an element of the page. */
const MAX_RANGES = 500;

/** Returns the matches of a pattern with the flag `g` in a line. Empty matches have nothing to highlight. */
export function textRanges(pattern: RegExp, text: string): TextRange[] {
  const ranges: TextRange[] = [];
  for (const { index, 0: match } of text.matchAll(pattern)) {
    if (match !== "") ranges.push({ start: index, end: index + match.length });
    if (ranges.length === MAX_RANGES) break;
  }
  return ranges;
}
