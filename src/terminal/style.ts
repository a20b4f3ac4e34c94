import { webAddressOf } from "./hyperlink.ts";

/** A colour: 0 to 255 of the palette, or a 24-bit colour with {@link RGB} added. */
export type Colour = number;

/** Marks a 24-bit colour, red in its highest byte. */
export const RGB = 0x1000000;

/** The attributes of a character, other than its colours, as bits of {@link Style.attributes}. */
export const ATTRIBUTES = {
  bold: 1,
  dim: 2,
  italic: 4,
  underline: 8,
  blink: 16,
  inverse: 32,
  conceal: 64,
  strike: 128,
} as const;

/** How a character looks. */
export interface Style {
  readonly attributes: number;
  readonly foreground: Colour | undefined;
  readonly background: Colour | undefined;
  /** The control string that begins the hyperlink of the character; it has one at most. */
  readonly link?: string | undefined;
}

/** The style of text without control functions. */
export const PLAIN: Style = { attributes: 0, foreground: undefined, background: undefined };

/** The control sequence that returns to {@link PLAIN}. */
export const RESET = "\x1b[0m";

/** The attributes that each code sets. */
const SET: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 16, 7: 32, 8: 64, 9: 128, 21: 8 };

/** The attributes that each code clears. */
const CLEAR: Readonly<Record<number, number>> = { 22: 3, 23: 4, 24: 8, 25: 16, 27: 32, 28: 64, 29: 128 };

/** The styles that were selected, so that equal ones are the same object. */
const styles = new Map<string, Style>();
/** The style that each set of parameters makes of a style. */
const transitions = new Map<Style, Map<string, Style>>();

/** The maximum number of cached entries in each map. Programs use a few dozen. */
const MAX_REMEMBERED = 256;

/**
 * The style after Select Graphic Rendition (SGR, ECMA-48 8.3.117), with the colours of ISO 8613-6 in both spellings,
 * `38;5;n` and `38:5:n`. Unknown parameters change nothing.
 *
 * @param parameters - The text between CSI and the final `m`.
 */
export function selectStyle(style: Style, parameters: string): Style {
  let known = transitions.get(style);
  if (known === undefined) {
    if (transitions.size >= MAX_REMEMBERED) transitions.clear();
    transitions.set(style, (known = new Map()));
  }
  let selected = known.get(parameters);
  if (selected === undefined) {
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(parameters, (selected = remembered(select(style, parameters))));
  }
  return selected;
}

/** The style with the hyperlink that a control string begins; without one when the address is not one of the web. */
export function linkedStyle(style: Style, control: string): Style {
  const link = webAddressOf(control) === undefined ? undefined : control;
  return link === style.link ? style : remembered({ ...style, link });
}

/** The same style, as an object that equal ones share. Those without any attribute are {@link PLAIN}. */
function remembered(style: Style): Style {
  const { attributes, foreground, background, link } = style;
  if (attributes === 0 && foreground === undefined && background === undefined && link === undefined) return PLAIN;
  const key = `${attributes} ${foreground} ${background} ${link}`;
  const known = styles.get(key);
  if (known !== undefined) return known;
  if (styles.size >= MAX_REMEMBERED) styles.clear();
  styles.set(key, style);
  return style;
}

function select(style: Style, parameters: string): Style {
  let selected = style;
  const codes = parameters.split(";");
  for (let index = 0; index < codes.length; index++) {
    // An empty parameter is 0.
    const [code = 0, ...details] = (codes[index] ?? "").split(":").map(Number);
    if (code !== 38 && code !== 48 && code !== 58) {
      selected = apply(selected, code, details[0]);
      continue;
    }
    if (details.length > 0) {
      // In the form 38:2:space:r:g:b the colour space, mostly empty, comes first.
      const values = details.slice(details[0] === 2 && details.length > 4 ? 2 : 1);
      selected = colour(selected, code, details[0], values);
      continue;
    }
    const kind = Number(codes[index + 1]);
    const count = kind === 5 ? 1 : kind === 2 ? 3 : 0;
    selected = colour(selected, code, kind, codes.slice(index + 2, index + 2 + count).map(Number));
    index += 1 + count;
  }
  return selected;
}

/** The control sequence that gives a style, without its link, to text that was plain; empty for {@link PLAIN}. */
export function styleSequence(style: Style): string {
  if (style === PLAIN) return "";
  const { attributes, foreground, background } = style;
  const codes: (number | string)[] = [];
  for (let code = 1; code <= 9; code++) if (code !== 6 && (attributes & (SET[code] as number)) !== 0) codes.push(code);
  if (foreground !== undefined) codes.push(colourCode(30, foreground));
  if (background !== undefined) codes.push(colourCode(40, background));
  return codes.length === 0 ? "" : `\x1b[${codes.join(";")}m`;
}

function apply(style: Style, code: number, detail: number | undefined): Style {
  const { attributes } = style;
  if (code === 0) return { ...PLAIN, link: style.link };
  if (code === 4 && detail === 0) return { ...style, attributes: attributes & ~ATTRIBUTES.underline };
  const set = SET[code];
  if (set !== undefined) return { ...style, attributes: attributes | set };
  const clear = CLEAR[code];
  if (clear !== undefined) return { ...style, attributes: attributes & ~clear };
  if (code >= 30 && code <= 37) return { ...style, foreground: code - 30 };
  if (code === 39) return { ...style, foreground: undefined };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code === 49) return { ...style, background: undefined };
  if (code >= 90 && code <= 97) return { ...style, foreground: code - 82 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  return style;
}

function colour(style: Style, code: number, kind: number | undefined, values: readonly number[]): Style {
  const [first = Number.NaN, second = Number.NaN, third = Number.NaN] = values;
  let value: Colour;
  if (kind === 5 && isByte(first)) value = first;
  else if (kind === 2 && isByte(first) && isByte(second) && isByte(third)) {
    value = RGB + first * 0x10000 + second * 0x100 + third;
  } else return style;
  if (code === 38) return { ...style, foreground: value };
  return code === 48 ? { ...style, background: value } : style;
}

/** @param base - 30 for the foreground, 40 for the background. */
function colourCode(base: number, value: Colour): string {
  if (value < 8) return String(base + value);
  if (value < 16) return String(base + 52 + value);
  if (value < RGB) return `${base + 8};5;${value}`;
  return `${base + 8};2;${(value >> 16) & 0xff};${(value >> 8) & 0xff};${value & 0xff}`;
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}
