import { words } from "../words/words.ts";

/** The size of the picture, in units of its view box. */
export const WIDTH = 120;
export const HEIGHT = 28;

const GAP = 2;
/** The number of bars that fill the width. */
const BARS = 20;
const MIN_HEIGHT = 2;

/** A bar of a sparkline, in units of its view box. */
export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Returns one bar for each duration, the oldest first; the longest is as high as the sparkline. */
export function barsOf(durations: readonly number[]): readonly Bar[] {
  const shown = durations.slice(-BARS);
  const longest = Math.max(1, ...shown);
  const width = WIDTH / BARS - GAP;
  return shown.map((duration, index) => {
    const height = Math.max(MIN_HEIGHT, Math.round((HEIGHT * Math.max(0, duration)) / longest));
    return { x: index * (width + GAP), y: HEIGHT - height, width, height };
  });
}

/** Describes the durations for people who cannot see them; empty without any. */
export function describeDurations(durations: readonly number[]): string {
  if (durations.length === 0) return "";
  const { duration, lastDurations } = words();
  const sorted = durations.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return lastDurations(durations.length, duration(sorted[0] ?? 0), duration(sorted.at(-1) ?? 0), duration(middle));
}
