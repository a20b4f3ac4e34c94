import type { Span } from "./ansi.ts";

/** A range of a line's text, in UTF-16 units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** Finds the parts of a line's text to highlight, in order, without overlap. */
export type TextMatcher = (text: string) => readonly TextRange[];

/**
 * Splits spans at the bounds of ranges, and changes the parts within them.
 *
 * @param ranges - In order, without overlap.
 * @param change - Returns the changed part.
 */
export function splitSpans<Range extends TextRange>(
  spans: readonly Span[],
  ranges: readonly Range[],
  change: (span: Span, range: Range) => Span,
): readonly Span[] {
  if (ranges.length === 0) return spans;
  const result: Span[] = [];
  let next = 0;
  let at = 0;
  for (const span of spans) {
    const end = at + span.text.length;
    let rest = at;
    for (let range = ranges[next]; range !== undefined && range.start < end; range = ranges[next]) {
      const start = Math.max(range.start, rest);
      const stop = Math.min(range.end, end);
      if (start > rest) result.push({ ...span, text: span.text.slice(rest - at, start - at) });
      if (stop > start) result.push(change({ ...span, text: span.text.slice(start - at, stop - at) }, range));
      rest = Math.max(rest, stop);
      if (range.end > end) break;
      next++;
    }
    if (rest < end) result.push(rest === at ? span : { ...span, text: span.text.slice(rest - at) });
    at = end;
  }
  return result;
}
