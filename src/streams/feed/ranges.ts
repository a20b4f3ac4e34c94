/** Consecutive events of one build's log, and their position in the feed. */
export interface FeedRange {
  readonly buildId: string;
  /** The sequence number that the first of them has in the build's log, and the one it has in the feed. */
  readonly first: number;
  readonly start: number;
  /** The number of events. */
  readonly count: number;
  /** Whether more than one build was running, so that their lines name the build. */
  readonly isShared: boolean;
}

/**
 * The composition of the feed: which events of which logs it consists of, in order. Events that are consecutive in the
 * log and in the feed are one range, whatever their number.
 */
export class FeedRanges {
  readonly #ranges: FeedRange[] = [];
  /** For each build, the sequence number of the last event of its log that is in the feed. */
  readonly #reached = new Map<string, number>();
  #start: number;
  #end: number;
  #forgotten = 0;

  /** @param start - The sequence number of the first event. */
  constructor(start = 1) {
    this.#start = this.#end = start;
  }

  /** The sequence number of the oldest event. */
  get start(): number {
    return this.#start;
  }

  /** The sequence number that follows the newest event. */
  get end(): number {
    return this.#end;
  }

  /** The number of ranges. */
  get length(): number {
    return this.#ranges.length;
  }

  /** Whether the newest event was added while more than one build was running. */
  get isLastShared(): boolean {
    return this.#ranges.at(-1)?.isShared ?? false;
  }

  /** The number of removed ranges before them. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The ranges from `index` on, counted from the first range that ever existed. `index` is at least `forgotten`. */
  from(index: number): readonly FeedRange[] {
    return this.#ranges.slice(index - this.#forgotten);
  }

  /** Every build with events that are or were in the feed, with the last event of its log there. */
  get builds(): ReadonlyMap<string, number> {
    return this.#reached;
  }

  /** The last event of a build's log that is in the feed; 0 when none is. */
  reached(buildId: string): number {
    return this.#reached.get(buildId) ?? 0;
  }

  /** Appends events of a build's log. Without events, records only that those before `first` were in the feed. */
  add(buildId: string, first: number, count: number, isShared = false): void {
    this.#reached.set(buildId, first + count - 1);
    if (count === 0) return;
    const last = this.#ranges.at(-1);
    if (last?.buildId === buildId && last.first + last.count === first && last.isShared === isShared) {
      this.#ranges[this.#ranges.length - 1] = { ...last, count: last.count + count };
    } else {
      this.#ranges.push({ buildId, first, start: this.#end, count, isShared });
    }
    this.#end += count;
  }

  /** The range that has the event `sequence`; `undefined` when none has. */
  at(sequence: number): FeedRange | undefined {
    if (sequence < this.#start || sequence >= this.#end) return undefined;
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#ranges[middle]?.start ?? Infinity) <= sequence) low = middle;
      else high = middle - 1;
    }
    return this.#ranges[low];
  }

  /** Removes everything up to the last event of a build whose log is gone, because the feed has no holes. */
  forget(buildId: string): void {
    if (!this.#reached.delete(buildId)) return;
    const index = this.#ranges.findLastIndex((range) => range.buildId === buildId);
    if (index !== -1) this.forgetOldest(index + 1);
  }

  /** Removes this number of ranges. The last event of each build's log stays known. */
  forgetOldest(count: number): void {
    this.#forgotten += this.#ranges.splice(0, count).length;
    this.#start = this.#ranges[0]?.start ?? this.#end;
  }
}
