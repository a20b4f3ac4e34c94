/** A word that one line of a log has. */
export const WORD = "unicorn";

/** The number of that line in a log of `lines` lines. */
export function wordLine(lines) {
  return Math.floor(lines * 0.7);
}
