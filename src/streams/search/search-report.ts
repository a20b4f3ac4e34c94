import type { HitChanges } from "./hits.ts";

/**
 * How a search ended. `too-slow`: the pattern needed too much time. `too-many`: more lines match than are reported.
 */
export type SearchEnd = "complete" | "too-slow" | "too-many";

/** The progress of a search, and the lines that it has found since the last report. */
export interface SearchReport extends HitChanges {
  /** The number of the last line that was read. */
  readonly scanned: number;
  /** The number of lines in the log. */
  readonly of: number;
  /** The number of lines that match so far. */
  readonly count: number;
  /** Only in the last report. */
  readonly end?: SearchEnd;
}
