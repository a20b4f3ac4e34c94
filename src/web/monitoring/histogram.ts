import type { Sample } from "./prometheus.ts";

/** The upper bounds of the buckets of durations, in seconds. */
const BOUNDS: readonly number[] = [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** Counts durations in buckets, as a histogram of Prometheus. */
export class Histogram {
  readonly #counts: number[] = BOUNDS.map(() => 0);
  #count = 0;
  #sum = 0;

  /** Counts a duration. */
  add(seconds: number): void {
    const index = BOUNDS.findIndex((bound) => seconds <= bound);
    if (index >= 0) this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count++;
    this.#sum += seconds;
  }

  /** The series of the histogram: cumulative buckets, the sum and the count. */
  samples(labels: Readonly<Record<string, string>> = {}): Sample[] {
    let total = 0;
    const buckets = BOUNDS.map((bound, index): Sample => {
      total += this.#counts[index] ?? 0;
      return [{ ...labels, le: String(bound) }, total, "_bucket"];
    });
    const last: Sample = [{ ...labels, le: "+Inf" }, this.#count, "_bucket"];
    return [...buckets, last, [labels, this.#sum, "_sum"], [labels, this.#count, "_count"]];
  }
}
