import { fromPalette, fromRgb } from "./ansi-colour.ts";
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

interface Style {
  foreground: ThemeColour | undefined;
  background: ThemeColour | undefined;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
  strike: boolean;
}

const plain: Readonly<Style> = {
  foreground: undefined,
  background: undefined,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
};

/**
 * Everything in a line that is not text, after ECMA-48 (the control functions of terminals), in its 7-bit and 8-bit
 * forms.
 *
 * Every part is total (what is cut off is taken as far as it goes) and moves on, so the time is linear whatever comes
 * in.
 */
const control = new RegExp(
  [
    // CSI (5.4): parameters, intermediates, a final character. The one we honour, SGR, ends in m.
    String.raw`(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~]?)`,
    // OSC, DCS, SOS, PM, APC (5.6): a string up to ST or BEL, such as a title or a hyperlink's address.
    // One that never ends takes its line, not the rest of the log.
    String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?`,
    // Other escapes: intermediates and a final character.
    String.raw`\x1b[ -/]*[0-~]?`,
    // Single controls, but not the tab.
    String.raw`[\x00-\x08\x0a-\x1f\x7f-\x9f]`,
  ].join("|"),
  "g",
);

/**
 * Turns the lines of one output stream, in order, into styled spans. A style lasts until it is reset, also across
 * lines, so each stream needs a parser of its own.
 */
export class AnsiParser {
  #style: Style = { ...plain };
  #classes = "";

  /** The spans of one line, given without its line break. Neighbours differ in style; no span is empty. */
  parse(line: string): Span[] {
    const spans: Span[] = [];
    let text = "";
    let end = 0;
    for (const match of line.matchAll(control)) {
      const [sequence, parameters = "", final] = match;
      text += line.slice(end, match.index);
      end = match.index + sequence.length;
      if (final !== "m") continue;
      const before = this.#classes;
      this.#select(parameters);
      if (before === this.#classes || text === "") continue;
      spans.push({ text, classes: before });
      text = "";
    }
    text += line.slice(end);
    if (text !== "") spans.push({ text, classes: this.#classes });
    return spans;
  }

  /**
   * Select graphic rendition (ECMA-48, 8.3.117), with the colours of ISO 8613-6 in both spellings, `38;5;n` and
   * `38:5:n`.
   */
  #select(parameters: string): void {
    // A leading < = > or ? makes it a private sequence, which only shares the final character.
    if (/[<=>?]/.test(parameters)) return;
    const codes = parameters.split(";");
    for (let index = 0; index < codes.length; index++) {
      // An empty parameter is 0.
      const [code = 0, ...details] = (codes[index] ?? "").split(":").map(Number);
      if (code !== 38 && code !== 48 && code !== 58) {
        this.#apply(code, details[0]);
        continue;
      }
      if (details.length > 0) {
        // In the form 38:2:space:r:g:b the colour space, mostly empty, comes first.
        this.#colour(code, details[0], details.slice(details[0] === 2 && details.length > 4 ? 2 : 1));
        continue;
      }
      const kind = Number(codes[index + 1]);
      const count = kind === 5 ? 1 : kind === 2 ? 3 : 0;
      this.#colour(code, kind, codes.slice(index + 2, index + 2 + count).map(Number));
      index += 1 + count;
    }
    this.#classes = classesOf(this.#style);
  }

  #colour(code: number, kind: number | undefined, values: readonly number[]): void {
    const [first = Number.NaN, second = Number.NaN, third = Number.NaN] = values;
    let colour: ThemeColour;
    if (kind === 5 && isByte(first)) colour = fromPalette(first);
    else if (kind === 2 && isByte(first) && isByte(second) && isByte(third)) colour = fromRgb(first, second, third);
    else return;
    if (code === 38) this.#style.foreground = colour;
    else if (code === 48) this.#style.background = colour;
  }

  #apply(code: number, detail: number | undefined): void {
    const style = this.#style;
    if (code === 0) Object.assign(style, plain);
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4 || code === 21) style.underline = detail !== 0;
    else if (code === 7) style.inverse = true;
    else if (code === 9) style.strike = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code === 29) style.strike = false;
    else if (code >= 30 && code <= 37) style.foreground = code - 30;
    else if (code === 39) style.foreground = undefined;
    else if (code >= 40 && code <= 47) style.background = code - 40;
    else if (code === 49) style.background = undefined;
    else if (code >= 90 && code <= 97) style.foreground = code - 82;
    else if (code >= 100 && code <= 107) style.background = code - 92;
  }
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 255;
}

function classesOf(style: Style): string {
  const names: string[] = [];
  const foreground = style.inverse ? style.background : style.foreground;
  const background = style.inverse ? style.foreground : style.background;
  if (foreground !== undefined) names.push(`fg-${foreground}`);
  if (background !== undefined) names.push(`bg-${background}`);
  // The default colours have no number: the style sheet exchanges them.
  else if (style.inverse) names.push("inverse");
  for (const name of ["bold", "dim", "italic", "underline", "strike"] as const) if (style[name]) names.push(name);
  return names.join(" ");
}
