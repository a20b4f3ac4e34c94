import { missingLines } from "./log-text.ts";
import type { TextLine } from "./log-text.ts";

/** How many lines wait at most for one before them that is not complete. */
const MAX_HELD = 64;

/** A line that waits. */
interface HeldLine {
  /** Says that lines before it are missing. */
  readonly mark: string;
  text: string;
  isOpen: boolean;
}

/**
 * Puts the lines of one build's log in the order of their numbers, each once and with its last state. An open line
 * waits for its end, and up to 64 lines wait behind it. A line that is redrawn after it was written follows
 * again when it has its last state, since text that a client has received cannot change.
 */
export class LineOrder {
  /** The number of the next line. */
  next = 1;
  readonly #held = new Map<number, HeldLine>();
  /** The lines that could not wait for their end. */
  readonly #early = new Map<number, string>();

  /** Whether lines wait. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Adds states of lines and returns the text that can be written now. */
  push(lines: readonly TextLine[]): string {
    let written = "";
    for (const line of lines) {
      this.#add(line);
      written += this.#release(MAX_HELD);
    }
    return written;
  }

  /** Returns everything that waits: no line follows. */
  end(): string {
    return this.#release(0);
  }

  #add({ number = this.next, text, isOpen }: TextLine): void {
    const held = this.#held.get(number);
    if (held !== undefined) {
      held.text = text;
      held.isOpen = isOpen;
    } else if (number >= this.next) {
      const mark = number > this.next ? missingLines(number - this.next) : "";
      this.next = number + 1;
      this.#held.set(number, { mark, text, isOpen });
    } else if (!isOpen) {
      const isKnown = this.#early.get(number) === text;
      this.#early.delete(number);
      if (!isKnown) this.#held.set(number, { mark: "", text, isOpen });
    }
  }

  /** @param most - How many lines may wait. */
  #release(most: number): string {
    let written = "";
    for (const [number, { mark, text, isOpen }] of this.#held) {
      if (isOpen && this.#held.size <= most) break;
      this.#held.delete(number);
      if (isOpen) this.#early.set(number, text);
      written += `${mark}${text}\n`;
    }
    return written;
  }
}
