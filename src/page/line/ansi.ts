import { parseSequence, scanControls } from "../../terminal/controls.ts";
import { isHyperlink, webAddressOf } from "../../terminal/hyperlink.ts";
import { ATTRIBUTES, PLAIN, RGB, selectStyle } from "../../terminal/style.ts";
import { fromPalette, fromRgb } from "./ansi-colour.ts";
import type { Colour, Style } from "../../terminal/style.ts";
import type { ThemeColour } from "./ansi-colour.ts";

/** A link that a program printed (OSC 8), or an address in the text. */
export interface Link {
  readonly href: string;
  /** Whether the text does not say where the link leads. */
  readonly isNamed: boolean;
}

/** A piece of a line in one style. */
export interface Span {
  readonly text: string;
  /**
   * Class names parted by blanks, empty for plain text: `fg-1 bold`. The style sheet says what they look like in each
   * theme.
   */
  readonly classes: string;
  /** The link that it is a part of. Parts of one link have the same object. */
  readonly link?: Link | undefined;
}

/** The attributes that the style sheet has a class for. */
const CLASSES = ["bold", "dim", "italic", "underline", "strike"] as const;

/** The spans of a line, which begins in the plain style. Neighbours differ in style; no span is empty. */
export function spansOf(line: string): Span[] {
  const spans: Span[] = [];
  let style = PLAIN;
  let classes = "";
  let link: Link | undefined;
  const add = (text: string): void => {
    const last = spans.at(-1);
    const before = last?.classes === classes && last.link === link ? spans.pop()?.text : "";
    spans.push(link === undefined ? { text: before + text, classes } : { text: before + text, classes, link });
  };
  scanControls(line, {
    text: add,
    control: (control) => {
      const sequence = parseSequence(control);
      if (sequence?.final === "m") classes = classesOf((style = selectStyle(style, sequence.parameters)));
      else if (control === "\t") add(control);
      else if (isHyperlink(control)) link = linkOf(control);
    },
  });
  return spans;
}

function linkOf(control: string): Link | undefined {
  const address = webAddressOf(control);
  return address !== undefined && isWebAddress(address) ? { href: address, isNamed: true } : undefined;
}

/** Whether a text is an http or https address. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s/]/i.test(text) && URL.canParse(text);
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
