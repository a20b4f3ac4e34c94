import { controlStringEnd, isControlString, parseSequence, scanControls } from "./controls.ts";
import { isHyperlink, mayBeHyperlink } from "./hyperlink.ts";
import { Row } from "./row.ts";
import { PLAIN, linkedStyle, selectStyle } from "./style.ts";
import { columnsOf } from "./width.ts";
import type { ControlHandler } from "./controls.ts";
import type { Style } from "./style.ts";

/** The number of rows that a program can redraw: the current row and the rows above it. */
const MAX_ROWS = 64;

/** The distance between tab stops, in columns. */
const TAB_WIDTH = 8;

/** How far beyond the end of its row the cursor can be moved: to this column of any row. */
const MAX_CURSOR_COLUMN = 255;

const ESC = "\x1b";

/** Text in which every character has one column. */
const NARROW = /^[ -~]*$/;

/** A row whose text has changed since it was last returned. */
export interface RowChange {
  /** The number of the row. The first of a screen is 0. */
  readonly row: number;
  readonly text: string;
  /** Whether the row may change again. */
  readonly isOpen: boolean;
}

/** A row that the cursor can reach. */
interface ReachableRow {
  /** The printed row; a text while the cursor has not changed it. */
  content: Row | string;
  /** Whether the row has changed since its text was last returned. */
  isChanged: boolean;
  /** The text that was returned last, if any was. */
  shown: string | undefined;
  /** Whether that text was returned as one that may change again. */
  isOpen: boolean;
}

/**
 * A terminal's screen without a right margin, on which a program prints: rows of text and a cursor. The cursor reaches
 * the last 64 rows. Time is linear in the printed text, and memory is bounded.
 */
export class Screen {
  readonly #limit: number;
  readonly #handler: ControlHandler;
  /** The rows that the cursor can reach. The cursor has never moved below the last one. */
  readonly #rows: ReachableRow[] = [createRow("")];
  /** The number of the last row. */
  #lastRow = 0;
  /** The cursor. */
  #row = 0;
  #column = 0;
  #style: Style = PLAIN;
  /** The cursor that a program has saved, with the number of its row. */
  #saved = { row: 0, column: 0, style: PLAIN };
  /** The start of a control function that is not complete. */
  #held = "";
  #isInString = false;
  #closed: string[] = [];
  #redrawn: RowChange[] = [];

  /** @param limit - The maximum number of columns, and of UTF-16 units, in a row. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#handler = { text: (text) => this.#print(text), control: (control) => this.#control(control) };
  }

  /** The number of the row that is closed next. */
  get lastRow(): number {
    return this.#lastRow;
  }

  /** The style of the next printed text. A program may change it on a screen that {@link isAtNewLine}. */
  get style(): Style {
    return this.#style;
  }

  set style(style: Style) {
    this.#style = style;
  }

  /** Whether the cursor is at the start of an empty last row, and no control function is incomplete. */
  get isAtNewLine(): boolean {
    const isAtStart = this.#column === 0 && this.#row === this.#rows.length - 1;
    const isComplete = this.#held === "" && !this.#isInString;
    return isAtStart && isComplete && (this.#rows.at(-1) as ReachableRow).content === "";
  }

  /** Prints a piece of text, with control functions. */
  write(piece: string): void {
    const text = this.#held + piece;
    let start = 0;
    if (this.#isInString) {
      const end = controlStringEnd(text, 0);
      if (end === undefined) return this.#hold(text);
      this.#isInString = false;
      start = end;
    }
    this.#held = "";
    const end = scanControls(text, this.#handler, start);
    if (end === text.length) return;
    const rest = text.slice(end);
    this.#isInString = isControlString(rest, 0) && !mayBeHyperlink(rest);
    this.#hold(this.#isInString ? rest.slice(2) : rest);
  }

  /**
   * Prints whole lines that have no control functions except styles, on a screen that {@link isAtNewLine}.
   *
   * @param start - The first of the lines.
   */
  writeLines(lines: readonly string[], start: number): void {
    const kept = Math.max(start, lines.length - MAX_ROWS + 1);
    if (kept > start) {
      // The last row is the first of the lines.
      for (let index = 0; index < this.#rows.length - 1; index++) this.#finalize(index);
      this.#rows.splice(0, this.#rows.length, createRow(""));
      this.#lastRow += kept - start;
    }
    for (let index = kept; index < lines.length; index++) this.#closeRow(lines[index] as string);
  }

  /** Returns the texts of the rows that a line end has closed since the last call, in order. */
  takeClosed(): string[] {
    const closed = this.#closed;
    if (closed.length > 0) this.#closed = [];
    return closed;
  }

  /** Returns, once, the last state of rows that were redrawn, and that the cursor can no longer reach. */
  takeRedrawn(): RowChange[] {
    const redrawn = this.#redrawn;
    if (redrawn.length > 0) this.#redrawn = [];
    return redrawn;
  }

  /** Returns the rows that were changed since the last call, whether they are closed or not. */
  takeChanges(): RowChange[] {
    const changes = [...this.takeRedrawn()];
    for (const [index, row] of this.#rows.entries()) {
      if (!row.isChanged) continue;
      row.isChanged = false;
      const text = String(row.content);
      // An empty last row is not a line yet.
      if (text === (row.shown ?? "")) continue;
      row.shown = text;
      row.isOpen = true;
      changes.push({ row: this.#numberOf(index), text, isOpen: true });
    }
    return changes;
  }

  /** The text that was last returned for the last row, as one that may change again. */
  get lastShown(): string | undefined {
    return (this.#rows.at(-1) as ReachableRow).shown;
  }

  /** Returns a text for the last row that was not printed here yet, as one that may change again. */
  showLastRow(text: string): RowChange {
    const last = this.#rows.at(-1) as ReachableRow;
    last.shown = text;
    last.isOpen = true;
    return { row: this.#lastRow, text, isOpen: true };
  }

  /** Closes the last row, if anything was printed on it. No row can change after that. */
  end(): void {
    this.#held = "";
    this.#isInString = false;
    const last = this.#rows.at(-1) as ReachableRow;
    if (last.isOpen || String(last.content) !== "") {
      this.#row = this.#rows.length - 1;
      this.#down();
    }
    for (const index of this.#rows.keys()) this.#finalize(index);
    this.#rows.splice(0, this.#rows.length, createRow(""));
    this.#row = 0;
    this.#column = 0;
    this.#style = PLAIN;
  }

  /** Keeps an incomplete control function; of a control string that is not a hyperlink, only the last character. */
  #hold(text: string): void {
    if (!this.#isInString) this.#held = text;
    else this.#held = text.endsWith(ESC) ? ESC : "";
  }

  #numberOf(index: number): number {
    return this.#lastRow - this.#rows.length + 1 + index;
  }

  #print(text: string): void {
    this.#printOn(this.#changeable(), text);
  }

  #printOn(row: Row, text: string): void {
    if (NARROW.test(text)) {
      row.putNarrow(this.#column, text, this.#style);
      this.#column = Math.min(this.#column + text.length, this.#limit);
      return;
    }
    for (const character of text) {
      const columns = columnsOf(character);
      if (columns === 0) row.combine(this.#column, character);
      else {
        row.put(this.#column, character, columns, this.#style);
        this.#column = Math.min(this.#column + columns, this.#limit);
      }
    }
  }

  /** The row of the cursor, prepared for a change. */
  #changeable(): Row {
    const row = this.#rows[this.#row] as ReachableRow;
    row.isChanged = true;
    if (typeof row.content !== "string") return row.content;
    const text = row.content;
    const content = (row.content = new Row(this.#limit));
    if (text !== "") this.#copy(text, content);
    return content;
  }

  /** Prints a text that has no control functions except styles and control strings on a row that is empty. */
  #copy(text: string, row: Row): void {
    const { style } = this;
    const column = this.#column;
    this.#style = PLAIN;
    this.#column = 0;
    scanControls(text, {
      text: (part) => this.#printOn(row, part),
      control: (control) => {
        const sequence = parseSequence(control);
        if (sequence?.final === "m") this.#style = selectStyle(this.#style, sequence.parameters);
        else if (isHyperlink(control)) this.#style = linkedStyle(this.#style, control);
        else if (control === "\t") this.#moveTo(this.#column + TAB_WIDTH - (this.#column % TAB_WIDTH));
      },
    });
    this.#style = style;
    this.#column = column;
  }

  #control(control: string): void {
    if (control === "\n") {
      this.#column = 0;
      this.#down();
    } else if (control === "\r") this.#column = 0;
    else if (control === "\b") this.#column = Math.max(0, this.#column - 1);
    else if (control === "\t") this.#moveTo(this.#column + TAB_WIDTH - (this.#column % TAB_WIDTH));
    else if (control === "\v" || control === "\f") this.#down();
    else if (isHyperlink(control)) this.#style = linkedStyle(this.#style, control);
    else if (control.length > 2) this.#sequence(control);
    else this.#escape(control[1]);
  }

  /** The escape sequences of one character that move the cursor: DECSC, DECRC, IND, NEL, RI and RIS. */
  #escape(final: string | undefined): void {
    if (final === "7") this.#save();
    else if (final === "8") this.#restore();
    else if (final === "D") this.#down();
    else if (final === "E") {
      this.#column = 0;
      this.#down();
    } else if (final === "M") this.#moveToRow(this.#row - 1);
    else if (final === "c") {
      this.#style = PLAIN;
      this.#startBlock();
      this.#save();
    }
  }

  /** The control sequences that move the cursor, erase, or select a style. A log ignores others. */
  #sequence(control: string): void {
    const sequence = parseSequence(control);
    if (sequence === undefined) return;
    const { parameters, final } = sequence;
    if (final === "m") {
      this.#style = selectStyle(this.#style, parameters);
      return;
    }
    const value = Number.parseInt(parameters, 10) || 0;
    const count = Math.max(1, value);
    if (final === "A" || final === "F") this.#moveToRow(this.#row - count);
    else if (final === "B" || final === "E") this.#moveToRow(this.#row + count);
    else if (final === "C" || final === "a") this.#moveTo(this.#column + count);
    else if (final === "D") this.#column = Math.max(0, this.#column - count);
    else if (final === "G" || final === "`") this.#moveTo(count - 1);
    else if (final === "K") this.#eraseInLine(value);
    else if (final === "J") this.#eraseInDisplay(value);
    else if (final === "X") this.#erase(this.#column, this.#column + count);
    else if (final === "s") this.#save();
    else if (final === "u") this.#restore();
    else if (final === "H" || final === "f") this.#startBlock();
    if (final === "E" || final === "F") this.#column = 0;
  }

  /** Moves the cursor to the right, within the printed text and a little beyond. */
  #moveTo(column: number): void {
    const { content } = this.#rows[this.#row] as ReachableRow;
    const most = Math.max(MAX_CURSOR_COLUMN, content.length);
    this.#column = Math.min(column, Math.max(most, this.#column), this.#limit);
  }

  /** Moves the cursor to another row, in which it keeps its column within the printed text and a little beyond. */
  #moveToRow(row: number): void {
    this.#row = Math.min(Math.max(row, 0), this.#rows.length - 1);
    const { content } = this.#rows[this.#row] as ReachableRow;
    this.#column = Math.min(this.#column, Math.max(MAX_CURSOR_COLUMN, content.length));
  }

  #eraseInLine(part: number): void {
    if (part === 0) this.#erase(this.#column);
    else if (part === 1) this.#erase(0, this.#column + 1);
    else if (part === 2) this.#erase(0);
  }

  /** Erases the screen after or before the cursor. A log ignores a request to erase the whole screen. */
  #eraseInDisplay(part: number): void {
    if (part > 1) return;
    const row = this.#row;
    const [first, end] = part === 0 ? [row + 1, this.#rows.length] : [0, row];
    this.#eraseInLine(part);
    for (this.#row = first; this.#row < end; this.#row++) this.#erase(0);
    this.#row = row;
  }

  #erase(start: number, end?: number): void {
    if ((this.#rows[this.#row] as ReachableRow).content !== "") this.#changeable().erase(start, end);
  }

  /** An absolute position has no meaning in a log: text printed there begins a new line. */
  #startBlock(): void {
    this.#row = this.#rows.length - 1;
    if (!this.isAtNewLine && String((this.#rows.at(-1) as ReachableRow).content) !== "") this.#down();
    this.#column = 0;
  }

  #save(): void {
    this.#saved = { row: this.#numberOf(this.#row), column: this.#column, style: this.#style };
  }

  #restore(): void {
    const { row, column, style } = this.#saved;
    this.#column = column;
    this.#style = style;
    this.#moveToRow(row - this.#numberOf(0));
  }

  #down(): void {
    // As in a line that is not drawn.
    this.#style = linkedStyle(this.#style, "");
    const next = this.#row + 1;
    if (next === this.#rows.length) {
      const text = String((this.#rows.at(-1) as ReachableRow).content);
      this.#closed.push(text);
      this.#closeRow(text);
    }
    this.#moveToRow(Math.min(next, this.#rows.length - 1));
  }

  /** Gives the last row its text, adds another row, and moves the cursor to it. */
  #closeRow(text: string): void {
    this.#rows[this.#rows.length - 1] = { content: text, isChanged: false, shown: text, isOpen: false };
    this.#rows.push(createRow(""));
    this.#lastRow++;
    if (this.#rows.length > MAX_ROWS) {
      this.#finalize(0);
      this.#rows.shift();
    }
    this.#row = this.#rows.length - 1;
  }

  /** Keeps the last state of a row for {@link takeRedrawn}, if the row has changed since it was returned. */
  #finalize(index: number): void {
    const { content, isChanged, shown, isOpen } = this.#rows[index] as ReachableRow;
    const text = isChanged ? String(content) : shown;
    if (text === undefined || (!isOpen && text === shown)) return;
    this.#redrawn.push({ row: this.#numberOf(index), text, isOpen: false });
  }
}

function createRow(content: string): ReachableRow {
  return { content, isChanged: false, shown: undefined, isOpen: false };
}
