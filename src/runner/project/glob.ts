import type { WorkLimit } from "./work-limit.ts";

/** The cost of one expanded glob, in addition to its characters. */
const GLOB_UNITS = 32;

/** The cost of comparing one glob, in addition to the characters and items. */
const MATCH_UNITS = 128;

/** The cost of comparing two items. */
const STEP_UNITS = 4;

/**
 * Whether a relative path fits a glob of a workspace list, in which `*` stands for anything within one segment, `?` for
 * one character, `[ab]` for one of these, `**` for any number of segments, and `{a,b}` for either. No wildcard stands
 * for the dot at the start of a segment. Other extensions, such as `@(a|b)`, are ordinary characters.
 *
 * The globs are untrusted, so they never become a regular expression, and all work is charged to `work`. When that
 * limit is reached, the result is meaningless.
 */
export function matchesGlob(path: string, glob: string, work: WorkLimit): boolean {
  return expandBraces(glob, work).some((choice) => matchesWildcards(path, choice, work));
}

function matchesWildcards(path: string, glob: string, work: WorkLimit): boolean {
  work.spend(MATCH_UNITS + path.length + glob.length);
  if (work.isReached) return false;
  return matches(segments(glob), segments(path), "**", work, (wanted, segment) => {
    if (segment.startsWith(".") && !wanted.startsWith(".")) return false;
    if (wanted === "**") return true;
    work.spend(wanted.length);
    return matches(characters(wanted), segment, "*", work, (left, right) => {
      work.spend(left.length);
      return left === "*" || left === "?" || left === right || (left.length > 1 && isInClass(right, left));
    });
  });
}

/** Splits a segment into its characters and its classes, such as `[ab]`. */
function characters(segment: string): string[] {
  const items: string[] = [];
  // Each search for an end is the last one that can fail.
  let hasEnds = true;
  for (let at = 0; at < segment.length; at++) {
    const end: number = hasEnds && segment[at] === "[" ? segment.indexOf("]", at + 2) : at;
    hasEnds &&= end !== -1;
    items.push(end > at ? segment.slice(at, end + 1) : (segment[at] ?? ""));
    at = Math.max(at, end);
  }
  return items;
}

/** Whether a character is in a class: `[ab]`, `[a-z]`, or not in `[!ab]`. */
function isInClass(character: string, text: string): boolean {
  const isNegated = text[1] === "!" || text[1] === "^";
  const members = text.slice(isNegated ? 2 : 1, -1);
  let isMember = false;
  for (let at = 0; at < members.length; at++) {
    const [first = "", dash, last = ""] = members.slice(at, at + 3);
    const isRange = dash === "-" && last !== "";
    isMember ||= isRange ? first <= character && character <= last : first === character;
    if (isRange) at += 2;
  }
  return isMember !== isNegated;
}

/** Expands braces: `{a,b}/{c,d}` stands for `a/c`, `a/d`, `b/c` and `b/d`. */
function expandBraces(glob: string, work: WorkLimit): string[] {
  for (let globs = [glob]; ; ) {
    const expanded = globs.flatMap((each) => expandFirst(each, work));
    if (work.isReached || expanded.length === globs.length) return expanded;
    globs = expanded;
  }
}

/** Expands the first braces that contain no others. Braces without a comma are ordinary characters. */
function expandFirst(glob: string, work: WorkLimit): string[] {
  work.spend(GLOB_UNITS + glob.length);
  if (work.isReached) return [];
  for (const { 0: braces, 1: content = "", index } of glob.matchAll(/\{([^{}]*)\}/g)) {
    if (!content.includes(",")) continue;
    const choices = content.split(",");
    const [before, after] = [glob.slice(0, index), glob.slice(index + braces.length)];
    work.spend(choices.length * (GLOB_UNITS + before.length + after.length));
    return work.isReached ? [] : choices.map((choice) => before + choice + after);
  }
  return [glob];
}

function segments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "" && segment !== ".");
}

/**
 * Matches a sequence, of segments or of characters, against a pattern in which `wildcard` stands for any run of items.
 * When an item does not fit, only the last wildcard has to match one more item: a longer run for an earlier wildcard
 * could not help.
 *
 * @param fits - Also called with the wildcard: whether it stands for the item.
 */
function matches(
  pattern: ArrayLike<string>,
  items: ArrayLike<string>,
  wildcard: string,
  work: WorkLimit,
  fits: (wanted: string, item: string) => boolean,
): boolean {
  let at = 0;
  let position = 0;
  let last: { readonly at: number; readonly position: number } | undefined;
  for (;;) {
    work.spend(STEP_UNITS);
    if (work.isReached) return false;
    const wanted = pattern[at];
    const item = items[position];
    if (wanted === wildcard) {
      at += 1;
      last = { at, position };
    } else if (item === undefined) {
      return wanted === undefined;
    } else if (wanted !== undefined && fits(wanted, item)) {
      at += 1;
      position += 1;
    } else if (last !== undefined && fits(wildcard, items[last.position] ?? "")) {
      last = { at: last.at, position: last.position + 1 };
      ({ at, position } = last);
    } else {
      return false;
    }
  }
}
