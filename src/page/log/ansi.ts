import { parseSequence, scanControls } from "../../terminal/controls.ts";
import { ATTRIBUTES, PLAIN, RGB, selectStyle } from "../../terminal/style.ts";
import { fromPalette, fromRgb } from "./ansi-colour.ts";
import type { Colour, Style } from "../../terminal/style.ts";
import type { ThemeColour } from "./ansi-colour.ts";

/** A piece of a line in one style. */
export interface Span {
  readonly text: string;
  /**
   * Class names parted by blanks, empty for plain text: `fg-1 bold`. The style sheet says what they look like in each
   * theme.
   */
  readonly classes: string;
}

/** The attributes that the style sheet has a class for. */
const CLASSES = ["bold", "dim", "italic", "underline", "strike"] as const;

/** The spans of a line, which begins in the plain style. Neighbours differ in style; no span is empty. */
export function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let style = PLAIN;
  let classes = "";
  const add = (text: string): void => {
    const last = spans.at(-1);
    if (last?.classes === classes) spans[spans.length - 1] = { text: last.text + text, classes };
    else spans.push({ text, classes });
  };
  scanControls(line, {
    text: add,
    control: (control) => {
      const sequence = parseSequence(control);
      if (sequence?.final === "m") classes = classesOf((style = selectStyle(style, sequence.parameters)));
      else if (control === "\t") add(control);
    },
  });
  return spans;
}

function classesOf({ attributes, foreground, background }: Style): string {
  const names: string[] = [];
  const isInverse = (attributes & ATTRIBUTES.inverse) !== 0;
  const front = isInverse ? background : foreground;
  const back = isInverse ? foreground : background;
  if (front !== undefined) names.push(`fg-${themeColour(front)}`);
  if (back !== undefined) names.push(`bg-${themeColour(back)}`);
  // The default colours have no number: the style sheet exchanges them.
  else if (isInverse) names.push("inverse");
  for (const name of CLASSES) if ((attributes & ATTRIBUTES[name]) !== 0) names.push(name);
  return names.join(" ");
}

function themeColour(colour: Colour): ThemeColour {
  if (colour < RGB) return fromPalette(colour);
  return fromRgb((colour >> 16) & 0xff, (colour >> 8) & 0xff, colour & 0xff);
}
