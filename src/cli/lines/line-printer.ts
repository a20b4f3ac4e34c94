import { LineOrder } from "../../streams/line-order.ts";
import { colouredText, plainText } from "../../terminal/plain-text.ts";
import { TerminalLines } from "./terminal-lines.ts";
import type { Output } from "../../output.ts";
import type { LogLine } from "../../streams/line-data.ts";

/** Prints the lines of a build. */
export interface LinePrinter {
  /** Prints a line, or another state of it. @returns A promise when the reader of the output is slow. */
  line(line: LogLine): Promise<void> | undefined;
  /** Prints a message of this program. */
  message(text: string): void;
  /** Prints the lines that were held back. */
  end(): Promise<void> | undefined;
}

/** Returns the printer for an output: a terminal shows redrawn lines in place. */
export function linePrinter(output: Output, writeMessage: (text: string) => void): LinePrinter {
  return output.isTerminal ? new TerminalPrinter(output, writeMessage) : new PlainPrinter(output, writeMessage);
}

/** The text of a line without control functions, except colours if the output has them. */
function visibleText({ text, stream }: LogLine, output: Output): string {
  if (!output.hasColours) return plainText(text);
  if (stream === "system") return output.colour("2", plainText(text));
  const coloured = colouredText(text);
  return coloured.includes("\x1b") ? `${coloured}\x1b[0m` : coloured;
}

/** Prints each line once, when it is complete. A line that is redrawn after that follows again. */
class PlainPrinter implements LinePrinter {
  readonly #output: Output;
  readonly #order = new LineOrder();
  readonly message: (text: string) => void;

  constructor(output: Output, writeMessage: (text: string) => void) {
    this.#output = output;
    this.message = writeMessage;
  }

  line(line: LogLine): Promise<void> | undefined {
    const { number, open = false } = line;
    const now = performance.now();
    const full = this.#order.push([{ number, text: visibleText(line, this.#output), isOpen: open }], now);
    return this.#write(full + this.#order.releaseBefore(now));
  }

  end(): Promise<void> | undefined {
    return this.#write(this.#order.end());
  }

  #write(text: string): Promise<void> | undefined {
    return text === "" ? undefined : this.#output.write(text);
  }
}

/** Prints lines in place. */
class TerminalPrinter implements LinePrinter {
  readonly #output: Output;
  readonly #lines = new TerminalLines();
  readonly #writeMessage: (text: string) => void;

  constructor(output: Output, writeMessage: (text: string) => void) {
    this.#output = output;
    this.#writeMessage = writeMessage;
  }

  line(line: LogLine): Promise<void> | undefined {
    const { number, open = false } = line;
    const { columns, rows } = this.#output;
    const text = this.#lines.set({ number, text: visibleText(line, this.#output), isOpen: open }, { columns, rows });
    return text === "" ? undefined : this.#output.write(text);
  }

  message(text: string): void {
    // The terminal may show "^C" in this row.
    void this.#output.write("\r\x1b[K");
    this.#writeMessage(text);
    // The message can be on the same terminal.
    this.#lines.freeze();
  }

  end(): undefined {
    return undefined;
  }
}
