import { EncodedBytes } from "../channel/log/encoded-bytes.ts";
import { EventStreamDecoder } from "../protocol/decode.ts";
import { readLineData } from "./line-data.ts";

/** The lines of some events of a build, as text. */
export interface LogText {
  /** The text of the lines; `undefined` when the events have no line. */
  readonly bytes: EncodedBytes | undefined;
  /** The number of the first line; `undefined` when no line has a readable number. */
  readonly first: number | undefined;
  /** How many numbers the lines span. */
  readonly length: number;
}

/** The line that stands in place of lines that are no longer kept. */
export function missingLines(count: number): string {
  return `[tailcast: ${count} lines are no longer kept]\n`;
}

/**
 * Turns the events of builds into lines of text. The clients of a channel share its bytes, so each piece is converted
 * once for all of them.
 */
export class LogTexts {
  readonly #render: (line: string) => string;
  readonly #known = new WeakMap<EncodedBytes, LogText>();

  /** @param render - Turns the text of a line, which has control functions of a terminal, into what clients get. */
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

  #convert(events: EncodedBytes): LogText {
    let lines = "";
    let first: number | undefined;
    // Relative to the first line that is here, until a line has a readable number.
    let next = 0;
    for (const { type, data } of new EventStreamDecoder().decode(events.plain.payload)) {
      if (type !== "line") continue;
      const line = readLineData(data);
      if (line !== undefined && first === undefined) {
        first = line.number - next;
        next = line.number;
      }
      const number = line?.number ?? next;
      if (number > next) lines += missingLines(number - next);
      lines += `${this.#render(line?.text ?? data)}\n`;
      next = number + 1;
    }
    return { bytes: lines === "" ? undefined : new EncodedBytes(lines), first, length: next - (first ?? 0) };
  }
}
