/** Writes a duration for people: `0.4 s`, `59.9 s`, `2 min 5 s`, `1 h 10 min`. Parts that are zero are left out. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const parts: (readonly [number, string])[] =
    whole < 3600
      ? [
          [Math.floor(whole / 60), "min"],
          [whole % 60, "s"],
        ]
      : [
          [Math.floor(whole / 3600), "h"],
          [Math.floor((whole % 3600) / 60), "min"],
        ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
