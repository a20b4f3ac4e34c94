import { StringDecoder } from "node:string_decoder";
import { checkInteger } from "../../check-options.ts";
import { plainText } from "../../terminal/plain-text.ts";
import { Screen } from "../../terminal/screen.ts";
import { PLAIN } from "../../terminal/style.ts";
import { styledLine, withoutIncompleteControl } from "../../terminal/styled-line.ts";
import { SILENT, maskLine, maskRow } from "./mask-row.ts";
import type { Mask, MaskStream } from "./mask.ts";
import type { RowChange } from "../../terminal/screen.ts";

/** The options of a {@link LineSplitter}. */
export interface LineSplitterOptions {
  /** How long a line may be, in UTF-16 units and in columns, before it is cut. At least 2. Default 16 384. */
  maxLineLength?: number | undefined;
  /**
   * Masks the text before it is divided, and so before a line is cut: no part of a secret is left on either side. Then
   * it masks each line as a terminal shows it.
   */
  mask?: Mask | undefined;
}

/** The characters that move the cursor, beside escape sequences. */
const MOVES = /[\b\r\v\f]/;

const CR = 0x0d;
const ESC = "\x1b";

/**
 * Turns the bytes of one pipe into the lines that a terminal would show, wherever the pipe happens to cut them. LF and
 * CRLF end a line, and so do VT and FF; U+2028 does not. A line in which the cursor moves is drawn on a {@link Screen},
 * and its last state counts. Every other line stays as it is. Each line begins and ends in the plain style.
 *
 * Invalid UTF-8 becomes U+FFFD. A line that is longer than `maxLineLength` is cut and marked. So the memory is bounded
 * and the time is linear, whatever a program prints.
 */
export class LineSplitter {
  // Decodes as TextDecoder does, but takes a fifth of the time for ASCII, which nearly all output is. It keeps a byte
  // order mark at the start of a program's output like any other character.
  readonly #decoder = new StringDecoder("utf8");
  readonly #maxLineLength: number;
  readonly #mask: Mask | undefined;
  readonly #maskStream: MaskStream | undefined;
  readonly #screen: Screen;
  /** The start of a line that is not drawn on the screen. Then the screen is at a new line. */
  #pending = "";
  /** The start of the line is drawn on the screen, so its rest will be. */
  #isDrawn = false;

  /** @throws {TailcastError} `INVALID_OPTION`. */
  constructor({ maxLineLength = 16_384, mask }: LineSplitterOptions = {}) {
    this.#mask = mask;
    this.#maskStream = mask?.stream();
    this.#maxLineLength = checkInteger("maxLineLength", maxLineLength, { min: 2 });
    this.#screen = new Screen(maxLineLength);
  }

  /** The row of the next line that `push` or `end` returns; the lines after it follow without a gap. */
  get nextRow(): number {
    return this.#screen.lastRow;
  }

  /** Whether there is a line without an end that {@link takeChanges} has not returned. */
  get hasUnshownLine(): boolean {
    return (this.#pending !== "" || !this.#isAtNewLine) && this.#screen.lastShown === undefined;
  }

  /** Adds the next bytes and returns the lines that are complete now, without their line ends. */
  push(chunk: Uint8Array): string[] {
    const text = this.#decoder.write(chunk);
    return this.#split(this.#maskStream?.push(text) ?? text);
  }

  /**
   * Returns the last lines when the pipe has ended, one without a line end too. The splitter can be used again; the
   * numbers of its rows continue.
   */
  end(): string[] {
    const text = this.#decoder.end();
    const lines = this.#split((this.#maskStream?.push(text) ?? text) + (this.#maskStream?.end() ?? ""));
    const rest = withoutIncompleteControl(this.#takePending());
    // A colour that is reset at the end of the output is not a line. Cursor movements may still change other lines.
    if (plainText(rest) !== "") lines.push(...this.#split(`${rest}\n`));
    else this.#screen.write(rest);
    this.#screen.end();
    this.#isDrawn = false;
    lines.push(...this.#takeClosed());
    return lines;
  }

  /** Returns the last state of lines that were redrawn after they were returned, and can no longer change. */
  takeRedrawn(): RowChange[] {
    return this.#screen.takeRedrawn().map((change) => this.#masked(change));
  }

  /**
   * Returns what has changed since the last call: the line without an end, with lines that a movement in it has ended,
   * and lines that were redrawn since.
   */
  takeChanges(): RowChange[] {
    const text = withoutCrs(withoutIncompleteControl(this.#pending));
    const shown = MOVES.test(text) ? undefined : styledLine(text, this.#screen.style)?.text;
    const changes: RowChange[] = [];
    if (shown === undefined) {
      const row = this.nextRow;
      this.#screen.write(this.#takePending());
      this.#isDrawn = true;
      for (const [index, closed] of this.#screen.takeClosed().entries()) {
        changes.push({ row: row + index, text: closed, isOpen: false });
      }
    }
    changes.push(...this.#screen.takeChanges());
    if (shown !== undefined && shown !== this.#screen.lastShown && plainText(shown) !== "") {
      changes.push(this.#screen.showLastRow(shown));
    }
    return changes.map((change) => this.#masked(change));
  }

  #split(text: string): string[] {
    const lines: string[] = [];
    const hasCrs = text.includes("\r");
    const hasMoves = text.includes("\b") || text.includes("\v") || text.includes("\f");
    // Nearly all output is such text. Five searches take less time than one for all of these characters.
    const hasNone = !hasCrs && !hasMoves && !text.includes(ESC) && !(this.#mask !== undefined && SILENT.test(text));
    let isPlain = hasNone && this.#isAtPlainLine;
    let start = 0;
    let undrawn = 0;
    const draw = (part: string): void => {
      this.#screen.writeLines(lines, undrawn);
      this.#screen.write(part);
      for (const closed of this.#takeClosed()) lines.push(closed);
      undrawn = lines.length;
    };
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      const part = text.slice(start, end);
      start = end + 1;
      if (isPlain && part.length <= this.#maxLineLength) {
        lines.push(part);
        continue;
      }
      const mayMove = hasCrs || hasMoves || this.#pending !== "";
      const line = this.#takePending() + part;
      const kept = this.#isAtNewLine ? this.#keep(line, mayMove) : undefined;
      if (kept === undefined) draw(`${line}\n`);
      else lines.push(kept);
      this.#isDrawn = false;
      isPlain = hasNone && this.#isAtPlainLine;
    }
    const rest = this.#takePending() + text.slice(start);
    if (this.#isAtNewLine && !this.#isTooLong(rest)) this.#pending = rest;
    else if (rest !== "") {
      draw(rest);
      this.#isDrawn = true;
    }
    this.#screen.writeLines(lines, undrawn);
    return lines;
  }

  get #isAtNewLine(): boolean {
    return !this.#isDrawn && this.#screen.isAtNewLine;
  }

  get #isAtPlainLine(): boolean {
    return this.#pending === "" && this.#screen.style === PLAIN && this.#isAtNewLine;
  }

  /**
   * A line that does not have to be drawn, since the cursor does not move in it.
   *
   * @param mayMove - It may have other characters than ESC that move the cursor.
   */
  #keep(line: string, mayMove: boolean): string | undefined {
    if (this.#isTooLong(line)) return undefined;
    const content = mayMove ? withoutCrs(line) : line;
    const styled = mayMove && MOVES.test(content) ? undefined : styledLine(content, this.#screen.style);
    if (styled !== undefined) this.#screen.style = styled.style;
    return styled === undefined || this.#mask === undefined ? styled?.text : maskLine(styled.text, this.#mask);
  }

  #isTooLong(line: string): boolean {
    const limit = this.#maxLineLength;
    // CRs at its end do not count, but their number is limited.
    return line.length > limit && (line.length > 2 * limit || withoutCrs(line).length > limit);
  }

  /** The rows that a line end has closed on the screen. */
  #takeClosed(): string[] {
    const closed = this.#screen.takeClosed();
    const mask = this.#mask;
    return mask === undefined ? closed : closed.map((text) => maskRow(text, mask));
  }

  #masked(change: RowChange): RowChange {
    return this.#mask === undefined ? change : { ...change, text: maskRow(change.text, this.#mask) };
  }

  #takePending(): string {
    const pending = this.#pending;
    this.#pending = "";
    return pending;
  }
}

/** A text without the CRs at its end, which belong to its line end. */
function withoutCrs(text: string): string {
  let end = text.length;
  while (text.charCodeAt(end - 1) === CR) end--;
  return end === text.length ? text : text.slice(0, end);
}
