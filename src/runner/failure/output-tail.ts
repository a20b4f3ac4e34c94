import { plainText } from "../../terminal/plain-text.ts";
import { linesOfScripts, withoutPrefix } from "./prefixes.ts";
import type { OutputLine } from "../output/step-output.ts";

/** How much of the output counts, in UTF-16 units. The usage that `npm ci` prints after an error has 6000. */
const TAIL_LENGTH = 32 * 1024;

/**
 * How many lines count. An error that the command survived, such as that of an optional module, is further from the end
 * than the error that has ended it.
 */
const TAIL_LINES = 40;

/** A line that continues an error, e.g. with a stack, or a line of a package manager. It is not counted. */
const CONTINUATION = /^(?:\s|$|npm (?:error|ERR!)|➤ )/;

/** The last lines of the output of a step. It costs nearly nothing until somebody reads its text. */
export class OutputTail {
  /** The lines in the pieces in which they arrived. */
  readonly #pieces: (readonly OutputLine[])[] = [];
  readonly #lengths: number[] = [];
  #length = 0;

  /** Adds lines, and drops the oldest ones that are not needed. */
  add(lines: readonly OutputLine[]): void {
    let length = 0;
    for (const { text } of lines) length += text.length + 1;
    this.#pieces.push(lines);
    this.#lengths.push(length);
    this.#length += length;
    for (let first = this.#lengths[0] ?? 0; this.#length - first >= TAIL_LENGTH; first = this.#lengths[0] ?? 0) {
      this.#pieces.shift();
      this.#lengths.shift();
      this.#length -= first;
    }
  }

  /**
   * The lines as plain text, with line ends. Its length is limited. Earlier states of redrawn lines are part of it.
   * Lines that begin with the name of a script follow once more, without it.
   */
  get text(): string {
    const lines = this.#pieces.flat().filter(({ isOpen }) => isOpen !== true);
    const texts = lines.map((line) => plainText(line.text.slice(-TAIL_LENGTH)));
    const kept = texts.slice(startOf(texts));
    return joinLines(kept) + joinLines(linesOfScripts(kept));
  }
}

function joinLines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("").slice(-TAIL_LENGTH);
}

/** The index of the first line that counts. */
function startOf(texts: readonly string[]): number {
  let counted = 0;
  return texts.findLastIndex((text) => !CONTINUATION.test(withoutPrefix(text)) && ++counted > TAIL_LINES) + 1;
}
