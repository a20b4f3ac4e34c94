/** The length of the shortest text that can be found. */
export const MIN_TEXT_LENGTH = 3;

/** How an escape sequence, or the NULs of UTF-16 output, begin. A text is found even if they interrupt it. */
const INTERRUPTIONS = ["\x1b[", "\0", "\0\0", "\0\x1b"];

/** The hash covers the last three characters: the shift drops older ones. */
const HASH_SHIFT = 5;
const HASH_MASK = 0x7fff;

/**
 * Finds many texts in one pass, in a time that does not depend on their number (Aho and Corasick, 1975).
 *
 * The texts form a tree. A state is a node of the tree: the longest suffix of the input that is a prefix of a text. The
 * children of a state are a list, so that the memory is proportional to the texts. Walking the tree costs about 10 ns a
 * character, so most input is skipped first: a place where the next three characters begin none of the texts costs 2
 * ns.
 */
export class TextMatcher {
  /** For each state, how many of the last characters may belong to a text that is not yet complete. */
  readonly depth: Int32Array;
  /** For each state, the length of the longest text that ends here; 0 where none does. */
  readonly found: Int32Array;
  /** For each hash of three characters, whether they may begin a text, also one that is interrupted. */
  readonly #beginnings = new Uint8Array(HASH_MASK + 1);
  readonly #codes: Int32Array;
  readonly #firstChild: Int32Array;
  readonly #nextSibling: Int32Array;
  /** The state to continue from when no child fits: the longest proper suffix of this state. */
  readonly #fallback: Int32Array;
  #size = 1;

  /** @param texts - Each has at least three characters. */
  constructor(texts: readonly string[]) {
    const most = texts.reduce((sum, text) => sum + text.length, 1);
    this.depth = new Int32Array(most);
    this.found = new Int32Array(most);
    this.#codes = new Int32Array(most);
    this.#firstChild = new Int32Array(most);
    this.#nextSibling = new Int32Array(most);
    this.#fallback = new Int32Array(most);
    for (const text of texts) this.#insert(text);
    this.#connect();
  }

  /** The state after one more character. The first is 0. */
  next(state: number, code: number): number {
    for (let from = state; ; from = this.#fallback[from] as number) {
      const child = this.#child(from, code);
      if (child !== 0 || from === 0) return child;
    }
  }

  /** The first place at or after `start` where a text may begin. The last two characters always count as one. */
  skip(text: string, start: number): number {
    const beginnings = this.#beginnings;
    const { length } = text;
    if (length - start < MIN_TEXT_LENGTH) return start;
    let hash = hashOf(hashOf(0, text.charCodeAt(start)), text.charCodeAt(start + 1));
    for (let index = start + 2; index < length; index++) {
      hash = hashOf(hash, text.charCodeAt(index));
      if (beginnings[hash] !== 0) return index - 2;
    }
    return length - 2;
  }

  #child(state: number, code: number): number {
    let child = this.#firstChild[state] as number;
    while (child !== 0 && this.#codes[child] !== code) child = this.#nextSibling[child] as number;
    return child;
  }

  #insert(text: string): void {
    let state = 0;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      state = this.#child(state, code) || this.#add(state, code);
    }
    this.found[state] = text.length;
    for (const cut of [1, 2, 3]) {
      for (const interruption of INTERRUPTIONS) {
        const beginning = text.slice(0, cut) + interruption + text.slice(cut);
        this.#beginnings[[0, 1, 2].reduce((hash, at) => hashOf(hash, beginning.charCodeAt(at)), 0)] = 1;
      }
    }
  }

  #add(parent: number, code: number): number {
    const state = this.#size++;
    this.#codes[state] = code;
    this.#nextSibling[state] = this.#firstChild[parent] as number;
    this.#firstChild[parent] = state;
    this.depth[state] = (this.depth[parent] as number) + 1;
    return state;
  }

  /** Fills in the fallbacks, the shallow states first: each fallback is shallower than its state. */
  #connect(): void {
    const order = new Int32Array(this.#size);
    let count = 1;
    for (let at = 0; at < count; at++) {
      const parent = order[at] as number;
      let child = this.#firstChild[parent] as number;
      for (; child !== 0; child = this.#nextSibling[child] as number) {
        order[count++] = child;
        if (parent === 0) continue;
        const fallback = this.next(this.#fallback[parent] as number, this.#codes[child] as number);
        this.#fallback[child] = fallback;
        this.found[child] ||= this.found[fallback] as number;
      }
    }
  }
}

function hashOf(hash: number, code: number): number {
  return ((hash << HASH_SHIFT) ^ code) & HASH_MASK;
}
