import { isAscii } from "node:buffer";
import { plainText } from "../../terminal/plain-text.ts";
import { readLineData } from "../line-data.ts";

/** Parts of the JSON of a line, as `lineData` writes it. */
const NUMBER = '{"number":';
const TEXT = '"text":"';
const TIME = '","time":"';

/** The start of the data of a `line` event. Data has no line ends, so this is nowhere else. */
const LINE = `\ndata: ${NUMBER}`;

/** The length of the JSON after the text of most lines: the time has the usual form, and the line is not open. */
const TAIL_LENGTH = '","time":"2026-01-01T10:00:00.000Z"}'.length;

/** A style in JSON. Most lines have no other escape sequence. */
const STYLE = /\\u001b\[[\d;:]*m/g;

const DELETE = 0x7f;
const ZERO = 0x30;

/** The highest number of a line. A line with a higher number comes from another program. */
const MAX_NUMBER = 2 ** 40;

/** Called with each state of a line. `text` is its plain text. */
export type LineVisitor = (number: number, text: string) => void;

/**
 * Finds the lines in the bytes of a build's log. Since a search reads the whole log, this parses the JSON only of lines
 * with escape sequences that are not styles.
 */
export class LineScanner {
  /** The highest number of a line so far; 0 when there was no line. */
  last = 0;
  /** The JSON between the number and the text, which most lines share with the line before. */
  #beforeText = TEXT;

  /** @param bytes - Whole events. */
  scan(bytes: Buffer, visit: LineVisitor): void {
    const isAsciiOnly = isAscii(bytes) && !bytes.includes(DELETE);
    const events = bytes.toString(isAsciiOnly ? "latin1" : "utf8");
    // ASCII characters without a backslash are their own plain text.
    const render = isAsciiOnly ? (text: string): string => text : plainText;
    let escape = -1;
    for (let at = events.indexOf(LINE), end = 0; at !== -1; at = events.indexOf(LINE, end)) {
      const first = at + LINE.length;
      const behind = digitsEnd(events, first);
      const number = readDigits(events, first, behind);
      end = lineEnd(events, behind);
      const start = this.#textStart(events, behind, end);
      const stop = textEnd(events, end);
      if (escape < start) escape = indexOrEnd(events, "\\", start);
      const json = events.slice(start, stop);
      let text: string | undefined;
      if (start === -1 || stop < start || number === 0 || number > MAX_NUMBER) text = undefined;
      else if (escape >= stop) text = render(json);
      else text = withoutStyles(json, render);
      if (text === undefined) this.#visitParsed(events.slice(first - NUMBER.length, end), visit);
      else this.#visit(number, text, visit);
    }
  }

  #visit(number: number, text: string, visit: LineVisitor): void {
    this.last = Math.max(this.last, number);
    visit(number, text);
  }

  /** Visits a line by its whole JSON. If that cannot be read, it counts as the line after the last one. */
  #visitParsed(data: string, visit: LineVisitor): void {
    const line = readLineData(data);
    const { number = 0 } = line ?? {};
    const isKnown = Number.isInteger(number) && number > 0 && number <= MAX_NUMBER;
    this.#visit(isKnown ? number : this.last + 1, plainText(line?.text ?? data), visit);
  }

  /** Returns the position of the text, after the number of its line; -1 when `lineData` did not write the line. */
  #textStart(events: string, behindNumber: number, end: number): number {
    const { length } = this.#beforeText;
    if (events.startsWith(this.#beforeText, behindNumber)) return behindNumber + length;
    const start = events.indexOf(TEXT, behindNumber) + TEXT.length;
    if (start < behindNumber || start > end) return -1;
    this.#beforeText = events.slice(behindNumber, start);
    return start;
  }
}

/** Returns the highest number of the lines in some bytes of a log; 0 without lines. */
export function highestNumber(bytes: Buffer): number {
  const events = bytes.toString("latin1");
  let highest = 0;
  for (let at = events.indexOf(LINE); at !== -1; at = events.indexOf(LINE, at + LINE.length)) {
    const number = readDigits(events, at + LINE.length, digitsEnd(events, at + LINE.length));
    if (number <= MAX_NUMBER) highest = Math.max(highest, number);
  }
  return highest;
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  for (; ; end++) {
    const digit = text.charCodeAt(end) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return end;
  }
}

function readDigits(text: string, start: number, end: number): number {
  let number = 0;
  for (let position = start; position < end; position++) number = number * 10 + text.charCodeAt(position) - ZERO;
  return number;
}

/** Returns the end of the text of a line whose JSON ends at `end`; -1 when `lineData` did not write it. */
function textEnd(events: string, end: number): number {
  const usual = end - TAIL_LENGTH;
  return events.startsWith(TIME, usual) ? usual : events.lastIndexOf(TIME, end);
}

/** Returns the plain text of a JSON text without its styles; `undefined` when it has other escape sequences. */
function withoutStyles(json: string, render: (text: string) => string): string | undefined {
  const text = json.replace(STYLE, "");
  // A backslash also remains if this removed a part of `\\u001b[0m`, which is a backslash and a text.
  return text.includes("\\") ? undefined : render(text);
}

function lineEnd(events: string, start: number): number {
  return indexOrEnd(events, "\n", start);
}

function indexOrEnd(text: string, part: string, start: number): number {
  const index = text.indexOf(part, start);
  return index === -1 ? text.length : index;
}
