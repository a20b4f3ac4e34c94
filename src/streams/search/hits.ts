const PAGE_LINES = 4096;

/** The bits of a line's state: it matches; its number was taken as the number of a hit. */
const HIT = 1;
const TAKEN = 2;

/** Changes since the hits were last taken: the numbers of lines, in ascending order. */
export interface HitChanges {
  readonly lines: readonly number[];
  /** Numbers that were in `lines` before, of lines that no longer match. */
  readonly removed: readonly number[];
}

/**
 * The lines that match, by number. A line can be redrawn, so its last state decides. It needs one byte for each line,
 * in pages, because the first line of a log in memory can have any number.
 */
export class Hits {
  readonly #limit: number;
  readonly #pages = new Map<number, Uint8Array>();
  #page: Uint8Array = new Uint8Array(0);
  #pageIndex = -1;
  /** The first line that was not taken. */
  #next: number;
  /** The lines before {@link #next} that have changed. */
  readonly #late = new Set<number>();
  #count = 0;
  #takenCount = 0;

  /**
   * @param first - The number of the first line.
   * @param limit - The maximum number of hits that `take` returns in total.
   */
  constructor(first: number, limit: number) {
    this.#next = first;
    this.#limit = limit;
  }

  /** The number of lines that match. */
  get count(): number {
    return this.#count;
  }

  /** Whether the limit prevents `take` from returning all hits. */
  get hasOmitted(): boolean {
    return this.#count > this.#takenCount;
  }

  /** Records whether the last state of a line matches. */
  set(number: number, isHit: boolean): void {
    this.#open(number);
    const index = number % PAGE_LINES;
    const state = this.#page[index] ?? 0;
    if (((state & HIT) === HIT) === isHit) return;
    this.#page[index] = state ^ HIT;
    this.#count += isHit ? 1 : -1;
    if (number < this.#next) this.#late.add(number);
  }

  /** Returns the changes in the lines up to `last`. */
  take(last: number): HitChanges {
    const lines: number[] = [];
    const removed: number[] = [];
    for (const number of [...this.#late].sort((a, b) => a - b)) this.#take(number, lines, removed);
    this.#late.clear();
    while (this.#next <= last) {
      const index = Math.floor(this.#next / PAGE_LINES);
      const page = this.#pages.get(index);
      const end = Math.min((index + 1) * PAGE_LINES, last + 1);
      for (let number = this.#next; number < end && page !== undefined; number++) {
        if (page[number % PAGE_LINES] !== 0) this.#take(number, lines, removed);
      }
      this.#next = end;
    }
    return { lines, removed };
  }

  #take(number: number, lines: number[], removed: number[]): void {
    this.#open(number);
    const index = number % PAGE_LINES;
    const state = this.#page[index] ?? 0;
    if (state === HIT && this.#takenCount < this.#limit) {
      this.#page[index] = HIT | TAKEN;
      this.#takenCount++;
      lines.push(number);
    } else if (state === TAKEN) {
      this.#page[index] = 0;
      this.#takenCount--;
      removed.push(number);
    }
  }

  #open(number: number): void {
    const index = Math.floor(number / PAGE_LINES);
    if (index === this.#pageIndex) return;
    let page = this.#pages.get(index);
    if (page === undefined) {
      page = new Uint8Array(PAGE_LINES);
      this.#pages.set(index, page);
    }
    this.#page = page;
    this.#pageIndex = index;
  }
}
