/** The units of durations in a language. */
export interface DurationUnits {
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
}

const ENGLISH: DurationUnits = { hour: "h", minute: "min", second: "s" };

/**
 * Formats a duration for people: `0.4 s`, `42 s`, `3 min 7 s`, `1 h 10 min`. Parts that are zero are left out. A
 * negative duration, which two clocks can yield, counts as zero.
 *
 * @param milliseconds - The duration.
 * @param isRunning - Whether the duration still grows. It is then cut to whole seconds, because tenths would flicker.
 *   Default false.
 * @param units - The units. Default `h`, `min` and `s`.
 */
export function formatDuration(milliseconds: number, isRunning = false, units: DurationUnits = ENGLISH): string {
  const { hour, minute, second } = units;
  const seconds = Math.max(0, milliseconds) / 1000;
  // The bound is where the rounded tenth would read 60.0.
  if (!isRunning && seconds < 59.95) return `${Number(seconds.toFixed(1))} ${second}`;
  const whole = isRunning ? Math.floor(seconds) : Math.round(seconds);
  if (whole < 60) return `${whole} ${second}`;
  if (whole < 3600) return formatParts([Math.floor(whole / 60), minute], [whole % 60, second]);
  return formatParts([Math.floor(whole / 3600), hour], [Math.floor((whole % 3600) / 60), minute]);
}

function formatParts(...parts: readonly (readonly [count: number, unit: string])[]): string {
  const shown = parts.filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}
