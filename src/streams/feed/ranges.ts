/** Consecutive events of one build's log, and their position in the feed. */
export interface FeedRange {
  readonly buildId: string;
  /** The sequence numbers of the first event: in the build's log, and in the feed. */
  readonly first: number;
  readonly start: number;
  /** The number of events. */
  readonly count: number;
  /** Whether more than one build was running, so that each line names the build. */
  readonly isShared: boolean;
}

/**
 * The composition of the feed: a list of the events of the builds' logs, in order. Any number of events that are
 * consecutive both in the log and in the feed form one range.
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

  /** The number of removed ranges. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** The ranges from `index` on, counted from the first range that ever existed. `index` is at least `forgotten`. */
  from(index: number): readonly FeedRange[] {
    return this.#ranges.slice(index - this.#forgotten);
  }

  /** Every build with events that are or were in the feed, and the last of these events in the build's log. */
  get builds(): ReadonlyMap<string, number> {
    return this.#reached;
  }

  /** Returns the last event of a build's log that is or was in the feed; 0 without such events. */
  reached(buildId: string): number {
    return this.#reached.get(buildId) ?? 0;
  }

  /**
   * Appends events of a build's log. If `count` is 0, it only records that the events before `first` were in the feed.
   */
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

  /** Returns the range that contains the event `sequence`; `undefined` when no range contains it. */
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

  /** Removes this number of ranges. The last event of each build's log is kept. */
  forgetOldest(count: number): void {
    this.#forgotten += this.#ranges.splice(0, count).length;
    this.#start = this.#ranges[0]?.start ?? this.#end;
  }
}
