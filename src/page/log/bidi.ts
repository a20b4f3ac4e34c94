import type { Span } from "./ansi.ts";

/**
 * The invisible characters that change the direction of the text around them (Unicode property Bidi_Control; UAX #9,
 * section 2). They can make a line of output look like another one.
 */
const control = /\p{Bidi_Control}/u;
const parts = /\p{Bidi_Control}|\P{Bidi_Control}+/gu;

/**
 * Replaces each such control with a span that shows its name, `U+202E`, and has no effect. Right-to-left scripts stay
 * as they are.
 */
export function revealBidi(spans: readonly Span[]): readonly Span[] {
  // Nearly all lines have no such control.
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
