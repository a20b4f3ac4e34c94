/**
 * Characters that have no shape, but change how a terminal, a browser or an editor shows the text around them:
 *
 * - C1 characters (U+0080 to U+009F), which some terminals obey as control functions;
 * - the line and paragraph separators U+2028 and U+2029, which some programs take as line ends;
 * - characters with the Unicode property Bidi_Control (UAX #9, section 2), which can make a line look like another one.
 *
 * Joiners, variation selectors and tags are not among them: emoji and many scripts need them.
 */
const CLASS = String.raw`[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]`;

const HIDDEN = new RegExp(CLASS, "gu");
const PARTS = new RegExp(`(${CLASS})`, "u");

/** Replaces each hidden character of a text. */
export function replaceHidden(text: string, replace: (character: string) => string): string {
  return text.replace(HIDDEN, replace);
}

/** Splits a text at its hidden characters, and keeps them: those with an odd index are hidden. */
export function splitHidden(text: string): string[] {
  return text.split(PARTS);
}

/** The text in place of a hidden character: its name, e.g. `<U+0085>`. */
export function hiddenName(character: string): string {
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`;
}
