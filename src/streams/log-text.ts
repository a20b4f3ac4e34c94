import { EncodedBytes } from "../channel/log/encoded-bytes.ts";
import { EventStreamDecoder } from "../protocol/decode.ts";
import { readLineData } from "./line-data.ts";

/** One state of a line, as text. */
export interface TextLine {
  /** `undefined`: the event cannot be read, so it counts as the line after the previous line. */
  readonly number: number | undefined;
  readonly text: string;
  /** Whether another state of the line follows. */
  readonly isOpen: boolean;
}

/** The lines of some events of a build, as text. */
export interface LogText {
  /** The text of the lines; `undefined` when the events have no lines, or {@link lines} must be sorted. */
  readonly bytes: EncodedBytes | undefined;
  /** The lines, if they must be sorted, because a line has more than one state; otherwise `undefined`. */
  readonly lines: readonly TextLine[] | undefined;
  /** The number of the first line; `undefined` when no line has a readable number. */
  readonly first: number | undefined;
  /** The size of the range of their numbers. */
  readonly length: number;
}

/** Returns the line of text that replaces `count` removed lines. */
export function missingLines(count: number): string {
  return `[tailcast: ${count === 1 ? "1 line is" : `${count} lines are`} no longer kept]\n`;
}

/**
 * Turns the events of builds into lines of text. The clients of a channel share its bytes, so each piece is converted
 * once for all of them.
 */
export class LogTexts {
  readonly #render: (line: string) => string;
  readonly #known = new WeakMap<EncodedBytes, LogText>();
  readonly #lines = new WeakMap<EncodedBytes, readonly TextLine[]>();

  /**
   * @param render - Converts the text of a line, which can contain terminal control functions, to the text for clients.
   */
  constructor(render: (line: string) => string) {
    this.#render = render;
  }

  /** @param events - Whole events. */
  of(events: EncodedBytes): LogText {
    let text = this.#known.get(events);
    if (text === undefined) {
      text = this.#convert(events);
      this.#known.set(events, text);
    }
    return text;
  }

  /** Returns the separate lines. @param events - Whole events. */
  linesOf(events: EncodedBytes): readonly TextLine[] {
    let lines = this.#known.get(events)?.lines ?? this.#lines.get(events);
    if (lines === undefined) {
      lines = this.#read(events);
      this.#lines.set(events, lines);
    }
    return lines;
  }

  #read(events: EncodedBytes): TextLine[] {
    const lines: TextLine[] = [];
    for (const { type, data } of new EventStreamDecoder().decode(events.plain.payload)) {
      if (type !== "line") continue;
      const { number, text, isOpen } = readLineData(data) ?? { number: undefined, text: data, isOpen: false };
      lines.push({ number, text: this.#render(text), isOpen });
    }
    return lines;
  }

  #convert(events: EncodedBytes): LogText {
    const lines = this.#read(events);
    let text = "";
    let first: number | undefined;
    // Count from the first line of these events until a line has a readable number.
    let next = 0;
    let isInOrder = true;
    for (const line of lines) {
      if (line.number !== undefined && first === undefined) {
        first = line.number - next;
        next = line.number;
      }
      const number = line.number ?? next;
      if (line.isOpen || number < next) isInOrder = false;
      if (number > next) text += missingLines(number - next);
      text += `${line.text}\n`;
      next = number + 1;
    }
    const bytes = text === "" || !isInOrder ? undefined : new EncodedBytes(text);
    return { bytes, lines: isInOrder ? undefined : lines, first, length: next - (first ?? 0) };
  }
}
