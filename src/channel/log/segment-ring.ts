import type { Segment } from "./segment.ts";

/** The kept segments of a log, oldest first. The queue removes its empty front only when that is long. */
export class SegmentRing {
  readonly #segments: (Segment | undefined)[] = [];
  #head = 0;

  push(segment: Segment): void {
    this.#segments.push(segment);
  }

  /** Removes the oldest segment. */
  shift(): void {
    this.#segments[this.#head++] = undefined;
    if (this.#head > 1024 && this.#head * 2 > this.#segments.length) {
      this.#segments.splice(0, this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#segments.length = this.#head = 0;
  }

  /** Returns the segment that contains the event `sequence`, which must be in the ring. */
  find(sequence: number): Segment {
    let low = this.#head;
    let high = this.#segments.length - 1;
    // Nearly all calls need the newest segment (for clients that are up to date) or the oldest segment (for eviction).
    if (sequence >= this.#at(high).first) low = high;
    else if (sequence < this.#at(low).next) high = low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sequence < this.#at(middle).next) high = middle;
      else low = middle + 1;
    }
    return this.#at(low);
  }

  #at(index: number): Segment {
    const segment = this.#segments[index];
    if (segment === undefined) throw new RangeError(`No segment at ${index} of ${this.#head}-${this.#segments.length}`);
    return segment;
  }
}
