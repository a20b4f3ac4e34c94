/** Below this code point, every character but the soft hyphen's neighbours takes one column. */
const FIRST_UNUSUAL = 0x300;

/** Zero-width characters: they combine with the character before, or are not shown. */
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;

/**
 * The characters of two columns: East Asian Width W and F (UAX #11). A Unicode property covers the emoji among them;
 * the ranges cover the scripts, with their unassigned code points.
 */
const WIDE = new RegExp(
  String.raw`^(?!\p{Regional_Indicator})(?:\p{Emoji_Presentation}|[${[
    String.raw`\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3`,
    String.raw`\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6`,
    String.raw`\u{16fe0}-\u{18cff}\u{18d00}-\u{18d8f}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}`,
    String.raw`\u{20000}-\u{2fffd}\u{30000}-\u{3fffd}`,
  ].join("")}])$`,
  "u",
);

/** Returns the number of columns that a character takes in a terminal. */
export function columnsOf(character: string): 0 | 1 | 2 {
  const code = character.codePointAt(0) ?? 0;
  if (code < FIRST_UNUSUAL) return 1;
  if (WIDE.test(character)) return 2;
  return ZERO_WIDTH.test(character) ? 0 : 1;
}
