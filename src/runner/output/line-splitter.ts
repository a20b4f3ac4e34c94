import { StringDecoder } from "node:string_decoder";
import { checkInteger } from "../../check-options.ts";
import type { MaskStream } from "./mask.ts";

/** The options of a {@link LineSplitter}. */
export interface LineSplitterOptions {
  /** How long a line may be, in UTF-16 units, before it is cut. At least 2. Default 16 384. */
  maxLineLength?: number | undefined;
  /** Masks the text before it is divided, and so before a line is cut: no part of a secret is left on either side. */
  mask?: MaskStream | undefined;
}

/**
 * Turns the bytes of one pipe into lines, wherever the pipe happens to cut them. LF and CRLF end a line, and nothing
 * else does (not U+2028). A CR within a line starts it anew, as on a terminal: of `10%\r100%\n` only `100%` is left.
 * Invalid UTF-8 becomes U+FFFD; every other character stays, control characters included: what to show is for viewers
 * to decide.
 *
 * Of a line longer than `maxLineLength`, the head is returned at once, with a mark, and the rest is dropped as it
 * comes. So the memory is bounded and the time is linear, whatever a program prints.
 */
export class LineSplitter {
  // Decodes as TextDecoder does, but ASCII, which nearly all output is, in a fifth of the time. The mark that may begin a
  // program's output is kept: it is output like any other.
  readonly #decoder = new StringDecoder("utf8");
  readonly #maxLineLength: number;
  readonly #mask: MaskStream | undefined;
  /** What the line shows since its last CR. */
  #current = "";
  /** What it showed before that CR: it stays when nothing follows, which makes CRLF a plain line end. */
  #before = "";
  /** The rest of this text is being dropped, until a line end or a CR. */
  #isDropping = false;
  /** The head of this line was returned already, so it is no empty line when nothing else is left of it. */
  #wasCut = false;
  /** More was lost to CRs than the line still shows. */
  #isRemnant = false;

  /** @throws {TailcastError} `INVALID_OPTION`. */
  constructor({ maxLineLength = 16_384, mask }: LineSplitterOptions = {}) {
    this.#mask = mask;
    this.#maxLineLength = checkInteger("maxLineLength", maxLineLength, { min: 2 });
  }

  /** Takes the next bytes and returns the lines that are complete now, without their line ends. */
  push(chunk: Uint8Array): string[] {
    const text = this.#decoder.write(chunk);
    return this.#split(this.#mask?.push(text) ?? text);
  }

  /**
   * Returns what is left when the pipe has ended: a last line without a line end. Afterwards the splitter is as new.
   */
  end(): string[] {
    const text = this.#decoder.end();
    const lines = this.#split(this.#mask === undefined ? text : this.#mask.push(text) + this.#mask.end());
    if (this.#current !== "" || this.#before !== "") this.#endLine(lines);
    this.#startLine();
    return lines;
  }

  #split(text: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      this.#append(text.slice(start, end), lines);
      this.#endLine(lines);
      start = end + 1;
    }
    this.#append(text.slice(start), lines);
    return lines;
  }

  /** Appends text without LF. */
  #append(text: string, lines: string[]): void {
    let start = 0;
    for (let end = text.indexOf("\r"); end !== -1; end = text.indexOf("\r", start)) {
      this.#extend(text.slice(start, end), lines);
      this.#restart();
      start = end + 1;
    }
    this.#extend(text.slice(start), lines);
  }

  /** Appends text without LF or CR. */
  #extend(text: string, lines: string[]): void {
    if (this.#isDropping) return;
    const room = this.#maxLineLength - this.#current.length;
    if (text.length <= room) {
      this.#current += text;
      return;
    }
    const head = this.#current + text.slice(0, room);
    // A surrogate pair across the cut goes with the rest.
    const whole = head.isWellFormed() ? head : head.slice(0, -1);
    lines.push(`${whole} … [line cut at ${this.#maxLineLength} characters]`);
    this.#startLine();
    this.#isDropping = true;
    this.#wasCut = true;
  }

  #restart(): void {
    if (this.#current !== "") {
      this.#isRemnant ||= this.#before !== "";
      this.#before = this.#current;
    }
    this.#current = "";
    this.#isDropping = false;
  }

  #endLine(lines: string[]): void {
    const line = this.#current !== "" ? this.#current : this.#before;
    // A part of a string keeps all of it alive: whoever keeps the last state of a progress bar would keep every state.
    if (line !== "" || !this.#wasCut) lines.push(this.#isRemnant ? copyOf(line) : line);
    this.#startLine();
  }

  #startLine(): void {
    this.#current = "";
    this.#before = "";
    this.#isDropping = false;
    this.#wasCut = false;
    this.#isRemnant = false;
  }
}

function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
