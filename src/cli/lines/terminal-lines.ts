import { plainText } from "../../terminal/plain-text.ts";
import { columnsOf } from "../../terminal/width.ts";

/** One state of a line. */
interface ShownLine {
  readonly number: number;
  readonly text: string;
  readonly isOpen: boolean;
}

/** The size of a terminal. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/**
 * The lines at the end of a terminal, which can be redrawn in place. Each takes at least one row, and the cursor is in
 * the row below them.
 */
export class TerminalLines {
  /** The lines that are still on the screen, the first at the top. */
  #shown: ShownLine[] = [];
  /** The number of the last line. */
  #last = 0;
  /** The texts of open lines that are no longer on the screen. */
  readonly #early = new Map<number, string>();

  /** Returns what to write to the terminal to show a line, or another state of it. */
  set(line: ShownLine, { columns, rows }: TerminalSize): string {
    const index = this.#shown.findIndex(({ number }) => number === line.number);
    if (index === -1) return this.#append(line, { columns, rows });
    const old = this.#shown[index];
    this.#shown[index] = line;
    if (old === undefined || old.text === line.text) return "";
    const below = this.#shown.slice(index);
    const height = [old, ...below.slice(1)].reduce((sum, { text }) => sum + rowsOf(text, columns), 0);
    this.#trim(columns, rows);
    return `\x1b[${height}A\r\x1b[J${below.map(({ text }) => `${text}\n`).join("")}`;
  }

  /** Lines that are shown now are no longer redrawn, because other text is below them. */
  freeze(): void {
    for (const line of this.#shown.splice(0)) this.#remember(line);
  }

  #append(line: ShownLine, { columns, rows }: TerminalSize): string {
    const { number, text, isOpen } = line;
    if (number <= this.#last) {
      // The line has left the screen, so only its last state is printed, as a new line.
      const early = this.#early.get(number);
      if (isOpen) return "";
      this.#early.delete(number);
      if (early === text) return "";
    }
    this.#last = Math.max(this.#last, number);
    this.#shown.push(line);
    this.#trim(columns, rows);
    return `${text}\n`;
  }

  /** Forgets the lines that are no longer on the screen. */
  #trim(columns: number, rows: number): void {
    let height = 0;
    let first = this.#shown.length;
    while (first > 0) {
      height += rowsOf(this.#shown[first - 1]?.text ?? "", columns);
      // The cursor has a row of its own.
      if (height > rows - 1) break;
      first -= 1;
    }
    for (const line of this.#shown.splice(0, first)) this.#remember(line);
  }

  #remember({ number, text, isOpen }: ShownLine): void {
    if (isOpen) this.#early.set(number, text);
  }
}

/** Returns how many rows a line takes in a terminal. */
export function rowsOf(text: string, columns: number): number {
  let width = 0;
  for (const character of plainText(text)) width += character === "\t" ? 8 - (width % 8) : columnsOf(character);
  return Math.max(1, Math.ceil(width / columns));
}
