import { codePointName } from "../../terminal/plain-text.ts";
import type { Span } from "./ansi.ts";

/**
 * The invisible characters that change the direction of the text around them (Unicode property Bidi_Control; UAX #9,
 * section 2), and C1 characters. The former can make a line of output look like another one.
 */
const control = /[\p{Bidi_Control}\x80-\x9f]/u;
const parts = /[\p{Bidi_Control}\x80-\x9f]|[^\p{Bidi_Control}\x80-\x9f]+/gu;

/**
 * Replaces each such character with a span that shows its name, `U+202E`, and has no effect. Right-to-left scripts stay
 * as they are.
 */
export function revealBidi(spans: readonly Span[]): readonly Span[] {
  // Nearly all lines have no such character.
  if (!spans.some(({ text }) => control.test(text))) return spans;
  return spans.flatMap(({ text, classes }) =>
    Array.from(text.matchAll(parts), ([part]) =>
      control.test(part) ? { text: codePointName(part), classes: "code-point" } : { text: part, classes },
    ),
  );
}
