import { isWebAddress } from "./ansi.ts";
import { splitSpans } from "./split-spans.ts";
import type { Link, Span } from "./ansi.ts";

/**
 * An address in a text. It ends before blanks, quotes and brackets that no address has, and so before a hidden
 * character, which is shown as `<U+202E>`.
 */
const ADDRESS = /\bhttps?:\/\/[^\s<>"'`{}|\\^\u2028\u2029]+/gi;

/** Characters at the end that belong to the sentence, not to the address. */
const PUNCTUATION = /[.,;:!?*…]+$/;

/** Closing brackets, each with the opening one. */
const BRACKETS: readonly (readonly [closing: string, opening: string])[] = [
  [")", "("],
  ["]", "["],
];

/** Makes links of the http and https addresses in a line, also where its colour changes within one. */
export function linkAddresses(spans: readonly Span[]): readonly Span[] {
  const text = spans.map((span) => span.text).join("");
  // Nearly all lines have no address.
  if (!text.includes("://")) return spans;
  const links = [...text.matchAll(ADDRESS)].flatMap((match) => {
    const href = withoutPunctuation(match[0]);
    if (!isWebAddress(href)) return [];
    return [{ start: match.index, end: match.index + href.length, link: { href, isNamed: false } satisfies Link }];
  });
  return splitSpans(spans, links, (span, { link }) => (span.link === undefined ? { ...span, link } : span));
}

/** Removes what follows the address: `(see https://example.com/a_(b)).` leads to `https://example.com/a_(b)`. */
function withoutPunctuation(text: string): string {
  let address = text;
  for (;;) {
    const before = address;
    address = address.replace(PUNCTUATION, "");
    for (const [closing, opening] of BRACKETS) {
      const isOpen = address.split(opening).length >= address.split(closing).length;
      if (address.endsWith(closing) && !isOpen) address = address.slice(0, -1);
    }
    if (address === before) return address;
  }
}
