import { hiddenName, splitHidden } from "../../terminal/hidden-characters.ts";
import type { Span } from "./ansi.ts";

/**
 * Replaces each hidden character, such as one that reverses the direction of text, with a span that shows its name,
 * `<U+202E>`, and has no effect. The server writes the same text into `/log` and searches in it. Right-to-left scripts
 * stay as they are.
 */
export function revealHidden(spans: readonly Span[]): readonly Span[] {
  // Nearly all lines have no such character.
  if (!spans.some(({ text }) => splitHidden(text).length > 1)) return spans;
  return spans.flatMap((span) =>
    splitHidden(span.text).flatMap((part, index) => {
      if (index % 2 === 1) return { ...span, text: hiddenName(part), classes: "code-point" };
      return part === "" ? [] : { ...span, text: part };
    }),
  );
}
