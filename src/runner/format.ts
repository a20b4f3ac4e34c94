/**
 * Formats a duration for people: `0.4 s`, `42 s`, `3 min 7 s`, `1 h 10 min`. Parts that are zero are left out. A
 * negative duration, which two clocks can yield, counts as zero.
 */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return formatParts([Math.floor(whole / 60), "min"], [whole % 60, "s"]);
  return formatParts([Math.floor(whole / 3600), "h"], [Math.floor((whole % 3600) / 60), "min"]);
}

/** Formats a size for people: `512 bytes`, `1.5 KiB`, `100 MiB`, `1.9 GiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
  if (power === 0) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${["", "KiB", "MiB", "GiB"][power]}`;
}

/**
 * Formats a command as a person would type it into a shell: `npm run build`, `echo 'two words'`. Never run the result.
 */
export function formatCommand(command: string, args: readonly string[]): string {
  return [command, ...args].map(quote).join(" ");
}

function formatParts(...parts: readonly (readonly [count: number, unit: string])[]): string {
  const shown = parts.filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(" ");
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
