import { LINK_END } from "./hyperlink.ts";
import { PLAIN, RESET, styleSequence } from "./style.ts";
import type { Style } from "./style.ts";

/** The maximum number of UTF-16 units in one column: a character and its combining characters. */
const MAX_CELL_LENGTH = 16;

/** One row of cells, each with a character and a style. Its length and each of its cells have a limit. */
export class Row {
  readonly #limit: number;
  /** A character of two columns is followed by an empty text. `undefined`: nothing was printed here. */
  readonly #characters: (string | undefined)[] = [];
  readonly #styles: Style[] = [];
  /** Whether text was printed beyond the limit. */
  #isCut = false;

  /** @param limit - The maximum number of columns, and of UTF-16 units in the text. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of printed columns. */
  get length(): number {
    return this.#characters.length;
  }

  /** Prints a character and overwrites the old one. Half of a wide character that is left over becomes a blank. */
  put(column: number, character: string, columns: 1 | 2, style: Style): void {
    const characters = this.#characters;
    if (column + columns > this.#limit) {
      this.#isCut = true;
      return;
    }
    if (characters[column] === "") characters[column - 1] = undefined;
    characters[column] = character;
    this.#styles[column] = style;
    if (columns === 2) {
      characters[column + 1] = "";
      this.#styles[column + 1] = style;
    }
    this.#clearHalf(column + columns);
  }

  /** Prints characters of one column each, which are one UTF-16 unit each. Faster than {@link put} for each. */
  putNarrow(column: number, text: string, style: Style): void {
    const characters = this.#characters;
    const styles = this.#styles;
    const end = Math.min(column + text.length, this.#limit);
    if (column + text.length > end) this.#isCut = true;
    if (column >= end) return;
    if (characters[column] === "") characters[column - 1] = undefined;
    for (let at = column, index = 0; at < end; at++, index++) {
      characters[at] = text[index];
      styles[at] = style;
    }
    this.#clearHalf(end);
  }

  /** Clears the second half of a wide character that has lost its first half. */
  #clearHalf(column: number): void {
    const characters = this.#characters;
    if (characters[column] !== "") return;
    if (column === characters.length - 1) characters.pop();
    else characters[column] = undefined;
  }

  /** Adds a zero-width character to the character before `column`. */
  combine(column: number, character: string): void {
    const at = this.#characters[column - 1] === "" ? column - 2 : column - 1;
    const before = this.#characters[at];
    if (before === undefined || before.length + character.length > MAX_CELL_LENGTH) return;
    this.#characters[at] = before + character;
  }

  /** Erases the columns from `start` to before `end`. */
  erase(start: number, end: number = Infinity): void {
    const characters = this.#characters;
    if (characters[start] === "") characters[start - 1] = undefined;
    if (characters[end] === "") characters[end] = undefined;
    if (end >= characters.length) {
      characters.length = Math.min(start, characters.length);
      // The cursor stays at the limit, behind which there is text that was not kept.
      this.#isCut &&= start >= this.#limit;
    } else characters.fill(undefined, start, end);
    while (characters.length > 0 && characters.at(-1) === undefined) characters.pop();
  }

  /**
   * The row as text with SGR sequences and hyperlinks. It starts and ends in the plain style. If it was cut, a mark
   * follows.
   */
  toString(): string {
    const characters = this.#characters;
    const limit = this.#limit;
    // Joined at the end: a text that grows by single characters needs a hundred times the memory until it is read.
    const parts: string[] = [];
    let length = 0;
    let style = PLAIN;
    let sequence = "";
    let link: string | undefined;
    let isCut = this.#isCut;
    for (let column = 0; column < characters.length; column++) {
      const character = characters[column] ?? " ";
      const wantedStyle = characters[column] === undefined ? PLAIN : (this.#styles[column] ?? PLAIN);
      const wanted = wantedStyle === style ? sequence : styleSequence(wantedStyle);
      const selection = wanted === sequence ? "" : `${sequence === "" ? "" : RESET}${wanted}`;
      const change = wantedStyle.link === link ? selection : `${selection}${wantedStyle.link ?? LINK_END}`;
      if (length + change.length + character.length > limit) {
        isCut = true;
        break;
      }
      if (change !== "") parts.push(change);
      parts.push(character);
      length += change.length + character.length;
      sequence = wanted;
      link = wantedStyle.link;
      style = wantedStyle;
    }
    if (sequence !== "") parts.push(RESET);
    if (link !== undefined) parts.push(LINK_END);
    if (isCut) parts.push(` … [line cut at ${limit} characters]`);
    return parts.join("");
  }
}
