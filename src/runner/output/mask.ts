import { controlEnd } from "../../terminal/controls.ts";
import { MIN_TEXT_LENGTH, TextMatcher } from "./text-matcher.ts";

/** Replaces a secret. */
const MASK = "***";

const ESCAPE = 0x1b;
const NUL = 0x00;

/** The longest text, in UTF-16 units, that is held back because a secret may start in it. */
const MAX_HELD = 256 * 1024;

/** A part of a text, from `start` to before `end`. */
interface Range {
  start: number;
  end: number;
}

/** Replaces secrets in texts with `***`, in a time that is linear in the text and independent of their number. */
export class Mask {
  readonly #matcher: TextMatcher;

  /** @param secrets - Texts to mask, each of at least three characters. */
  constructor(secrets: readonly string[]) {
    this.#matcher = new TextMatcher(secrets);
  }

  /** Masks a whole text. */
  text(text: string): string {
    const stream = this.stream();
    return stream.push(text) + stream.end();
  }

  /** Creates a mask for a text that arrives in pieces. */
  stream(): MaskStream {
    return new MaskStream(this.#matcher);
  }
}

/**
 * Masks a text that arrives in pieces, wherever it is cut. It holds back only text that may be the start of a secret,
 * so other lines are never late. Control sequences within a secret, such as colours, do not hide it, nor do the NULs of
 * UTF-16 output, which the log as text leaves out.
 */
export class MaskStream {
  readonly #matcher: TextMatcher;
  /** Text that was not returned yet. All positions below are relative to its start. */
  #held = "";
  /** The position up to which it was searched. */
  #position = 0;
  #state = 0;
  /** The pieces to mask, in order; no two of them touch. */
  #secrets: Range[] = [];
  /** Escape sequences and NULs since the first character that may begin a secret. */
  #sequences: Range[] = [];
  /** The text so far ended with the mask, so a secret that touches it gets no second one. */
  #isMasked = false;

  constructor(matcher: TextMatcher) {
    this.#matcher = matcher;
  }

  /** Adds a piece, and returns the text that cannot belong to an unfinished secret. */
  push(piece: string): string {
    this.#held += piece;
    this.#search();
    const { length } = this.#held;
    if (this.#state === 0) return this.#release(this.#position);
    const start = this.#startOf(this.#matcher.depth[this.#state] as number);
    if (length - start <= MAX_HELD) return this.#release(start);
    this.#state = 0;
    this.#position = length;
    return this.#release(length);
  }

  /** Returns the rest. Afterwards the stream can mask another text. */
  end(): string {
    const rest = this.#release(this.#held.length);
    this.#position = 0;
    this.#state = 0;
    this.#isMasked = false;
    return rest;
  }

  #search(): void {
    const text = this.#held;
    const { depth, found } = this.#matcher;
    while (this.#position < text.length) {
      if (this.#state === 0) {
        this.#sequences = [];
        this.#position = this.#matcher.skip(text, this.#position);
      }
      const code = text.charCodeAt(this.#position);
      if ((code === ESCAPE || code === NUL) && this.#state !== 0) {
        const end = sequenceEnd(text, this.#position);
        if (end === undefined) return;
        if (end > this.#position) {
          this.#skipSequence(end);
          continue;
        }
      }
      const last = this.#state;
      this.#state = this.#matcher.next(last, code);
      this.#position++;
      const length = depth[this.#state] as number;
      if (length < MIN_TEXT_LENGTH && length <= (depth[last] as number)) {
        // This was not a secret. Little of it is left, so a search for a new start is quicker.
        this.#position = this.#startOf(length);
        this.#state = 0;
      } else if (found[this.#state] !== 0) {
        this.#addSecret(this.#startOf(found[this.#state] as number));
      }
    }
  }

  /** Skips an escape sequence or a NUL. Adjacent sequences become one, which bounds their number. */
  #skipSequence(end: number): void {
    const start = this.#position;
    const last = this.#sequences.at(-1);
    if (last?.end === start) last.end = end;
    else this.#sequences.push({ start, end });
    this.#position = end;
  }

  /** The start of the last `length` characters before the position. Escape sequences and NULs do not count. */
  #startOf(length: number): number {
    let start = this.#position - length;
    for (let at = this.#sequences.length - 1; at >= 0; at--) {
      const sequence = this.#sequences[at] as Range;
      if (sequence.end <= start) break;
      start -= sequence.end - sequence.start;
    }
    return start;
  }

  /** Adds a secret that ends at the position. It may overlap earlier ones. */
  #addSecret(from: number): void {
    let start = from;
    for (let last = this.#secrets.at(-1); last !== undefined && last.end >= start; last = this.#secrets.at(-1)) {
      start = Math.min(start, last.start);
      this.#secrets.pop();
    }
    this.#secrets.push({ start, end: this.#position });
  }

  /** Returns the text up to `end`, masked, and drops it. */
  #release(end: number): string {
    const text = this.#held;
    let released = "";
    let from = 0;
    for (const secret of this.#secrets) {
      if (secret.start >= end) break;
      if (secret.start > from) this.#isMasked = false;
      released += text.slice(from, secret.start);
      from = Math.min(secret.end, end);
      released += this.#hide(text.slice(secret.start, from));
    }
    if (from < end) this.#isMasked = false;
    released = from === 0 ? text.slice(0, end) : released + text.slice(from, end);
    this.#held = text.slice(end);
    this.#position -= end;
    this.#secrets = this.#secrets.length === 0 ? this.#secrets : shift(this.#secrets, end);
    this.#sequences = this.#sequences.length === 0 ? this.#sequences : shift(this.#sequences, end);
    return released;
  }

  #hide(secret: string): string {
    // True for nearly every secret. The loop below would double the cost of masking.
    if (!/[\n\x1b\0]/.test(secret)) return this.#hidePart();
    // Line ends, escape sequences and NULs are kept: they do not belong to the secret.
    let hidden = "";
    for (let at = 0; at < secret.length;) {
      const end = sequenceEnd(secret, at) ?? at;
      if (end > at) hidden += secret.slice(at, end);
      else if (secret[at] === "\n") {
        hidden += "\n";
        this.#isMasked = false;
      } else hidden += this.#hidePart();
      at = Math.max(end, at + 1);
    }
    return hidden;
  }

  #hidePart(): string {
    if (this.#isMasked) return "";
    this.#isMasked = true;
    return MASK;
  }
}

/** The end of a control sequence or a NUL; `start` when none begins there, and `undefined` when it is incomplete. */
function sequenceEnd(text: string, start: number): number | undefined {
  const code = text.charCodeAt(start);
  if (code !== ESCAPE) return code === NUL ? start + 1 : start;
  if (start + 1 === text.length) return undefined;
  return text[start + 1] === "[" ? controlEnd(text, start) : start;
}

/** Moves ranges towards the start of the text. Parts before the start are dropped. */
function shift(ranges: readonly Range[], by: number): Range[] {
  return ranges
    .filter(({ end }) => end > by)
    .map(({ start, end }) => ({ start: Math.max(start - by, 0), end: end - by }));
}
