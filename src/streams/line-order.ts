import { missingLines } from "./log-text.ts";
import type { TextLine } from "./log-text.ts";

/**
 * The maximum number of lines that wait for another state. A program can redraw the last 64 rows of its output; the log
 * has lines of the runner among them.
 */
export const MAX_WAITING = 128;

/** The maximum length of the waiting text, in UTF-16 units. */
const MAX_LENGTH = 1024 * 1024;

/** A waiting line. */
interface HeldLine {
  /** A line of text that reports missing lines before it. */
  readonly mark: string;
  /** The time when it arrived, by `performance.now()`. */
  readonly since: number;
  text: string;
  isOpen: boolean;
}

/**
 * Sorts the lines of one build's log by number, and returns each line once, with its last state. Since a program can
 * redraw a line after its line end, the last 128 lines wait. If a line is redrawn later, it is returned again with its
 * last state, since text that a client has received cannot change.
 */
export class LineOrder {
  /** The number of the next line. */
  next = 1;
  readonly #held = new Map<number, HeldLine>();
  #length = 0;
  #openCount = 0;
  /** The open lines that were released before their end. */
  readonly #early = new Map<number, string>();

  /** Whether lines wait. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Whether an open line waits. */
  get hasOpen(): boolean {
    return this.#openCount > 0;
  }

  /** The time when the first line arrived, if it is complete; `undefined` otherwise. */
  get waitingSince(): number | undefined {
    const [first] = this.#held.values();
    return first === undefined || first.isOpen ? undefined : first.since;
  }

  /**
   * Adds states of lines and returns the text that no longer waits.
   *
   * @param now - The time when they arrived, by `performance.now()`.
   */
  push(lines: readonly TextLine[], now = 0): string {
    let written = "";
    for (const line of lines) {
      this.#add(line, now);
      written += this.#release(() => this.#held.size > MAX_WAITING || this.#length > MAX_LENGTH);
    }
    return written;
  }

  /** Returns the lines that have waited since `moment` or longer, up to the first incomplete line. */
  releaseBefore(moment: number): string {
    return this.#release(({ isOpen, since }) => !isOpen && since <= moment);
  }

  /** Returns all waiting lines. No later line can change them. */
  end(): string {
    return this.#release(() => true);
  }

  #add({ number = this.next, text, isOpen }: TextLine, now: number): void {
    const held = this.#held.get(number);
    if (held !== undefined) {
      this.#length += text.length - held.text.length;
      this.#openCount += Number(isOpen) - Number(held.isOpen);
      held.text = text;
      held.isOpen = isOpen;
    } else if (number >= this.next) {
      const mark = number > this.next ? missingLines(number - this.next) : "";
      this.next = number + 1;
      this.#hold(number, { mark, since: now, text, isOpen });
    } else if (!isOpen) {
      const isKnown = this.#early.get(number) === text;
      this.#early.delete(number);
      if (!isKnown) this.#hold(number, { mark: "", since: now, text, isOpen });
    }
  }

  #hold(number: number, line: HeldLine): void {
    this.#held.set(number, line);
    this.#length += line.text.length;
    this.#openCount += Number(line.isOpen);
  }

  /** @param mayGo - Returns whether to release the first line. */
  #release(mayGo: (first: HeldLine) => boolean): string {
    let written = "";
    for (const [number, line] of this.#held) {
      if (!mayGo(line)) break;
      const { mark, text, isOpen } = line;
      this.#held.delete(number);
      this.#length -= text.length;
      this.#openCount -= Number(isOpen);
      if (isOpen) this.#early.set(number, text);
      written += `${mark}${text}\n`;
    }
    return written;
  }
}
