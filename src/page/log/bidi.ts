import type { Span } from "./ansi.ts";

/**
 * The characters that turn the direction of the text around them without being seen (Unicode's property Bidi_Control;
 * UAX #9, section 2). With them a line of output can be made to read as another than it is.
 */
const control = /\p{Bidi_Control}/u;
const parts = /\p{Bidi_Control}|\P{Bidi_Control}+/gu;

/**
 * Spans in which every such control is a span of its own that names it, `U+202E`, and does nothing. Text whose letters
 * run from right to left by themselves stays as it is.
 */
export function revealBidi(spans: readonly Span[]): readonly Span[] {
  // Nearly every line has none.
  if (!spans.some(({ text }) => control.test(text))) return spans;
  return spans.flatMap(({ text, classes }) =>
    Array.from(text.matchAll(parts), ([part]) =>
      control.test(part) ? { text: codePoint(part), classes: "code-point" } : { text: part, classes },
    ),
  );
}

function codePoint(character: string): string {
  return `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
