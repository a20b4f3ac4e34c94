/** The numbers of the lines that match, in ascending order. */
export class HitList {
  #numbers: number[] = [];

  /** The numbers. They do not change: a change makes another array. */
  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** Removes all hits, or those from a line on. */
  clear(from = 0): void {
    this.#numbers = this.#numbers.slice(0, this.indexFrom(from));
  }

  /** Adds hits, and removes those of lines that no longer match. */
  change(added: readonly number[], removed: readonly number[]): void {
    if (added.length === 0 && removed.length === 0) return;
    const gone = new Set(removed);
    const kept = gone.size === 0 ? this.#numbers : this.#numbers.filter((number) => !gone.has(number));
    const isBehind = (added[0] ?? Infinity) > (kept.at(-1) ?? 0);
    const all = kept.concat(added);
    this.#numbers = isBehind ? all : [...new Set(all)].sort((one, other) => one - other);
  }

  /** The index of the first hit at or after a line; the number of hits if there is no such hit. */
  indexFrom(line: number): number {
    let low = 0;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#numbers[middle] ?? 0) < line) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of a hit; `undefined` if the line is not a hit. */
  indexOf(line: number | undefined): number | undefined {
    if (line === undefined) return undefined;
    const index = this.indexFrom(line);
    return this.#numbers[index] === line ? index : undefined;
  }

  /** The first hit after a line, or the first hit of all when there is no hit after it. */
  after(line: number): number | undefined {
    return this.#numbers[this.indexFrom(line + 1)] ?? this.#numbers[0];
  }

  /** The last hit before a line, or the last hit of all when there is no hit before it. */
  before(line: number): number | undefined {
    return this.#numbers[this.indexFrom(line) - 1] ?? this.#numbers.at(-1);
  }
}
