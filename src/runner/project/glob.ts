/** How much the globs may hold for which one with braces stands, in characters. */
const MAX_EXPANDED_LENGTH = 8192;

/**
 * Whether a relative path fits a glob of a workspace list, in which `*` stands for anything within one segment, `**`
 * for any number of segments, and `{a,b}` for either. The globs are written by strangers, so this is no regular
 * expression: whatever they hold, the work is at most the product of the two lengths, counted with the braces written
 * out. A glob that is longer than 8192 characters then is taken as it stands.
 */
export function matchesGlob(path: string, glob: string): boolean {
  return expandBraces(glob).some((choice) => matchesWildcards(path, choice));
}

function matchesWildcards(path: string, glob: string): boolean {
  return matches(segments(glob), segments(path), "**", (wanted, segment) => {
    return matches([...wanted], [...segment], "*", (left, right) => left === right);
  });
}

/** Writes out the choices in braces: `{a,b}/{c,d}` stands for `a/c`, `a/d`, `b/c` and `b/d`. */
function expandBraces(glob: string): string[] {
  let globs = [glob];
  for (;;) {
    const expanded = globs.flatMap(expandFirst);
    // The ends count too: choices may be empty.
    const length = expanded.reduce((sum, choice) => sum + choice.length + 1, 0);
    if (expanded.length === globs.length) return globs;
    if (length > MAX_EXPANDED_LENGTH) return [glob];
    globs = expanded;
  }
}

/** Writes out the first braces that have no others in them. Without a comma they are characters like any other. */
function expandFirst(glob: string): string[] {
  for (const { 0: braces, 1: choices = "", index } of glob.matchAll(/\{([^{}]*)\}/g)) {
    if (!choices.includes(",")) continue;
    const [before, after] = [glob.slice(0, index), glob.slice(index + braces.length)];
    return choices.split(",").map((choice) => before + choice + after);
  }
  return [glob];
}

function segments(path: string): string[] {
  return path.split("/").filter((segment) => segment !== "" && segment !== ".");
}

/**
 * Matches a sequence against a pattern in which `wildcard` stands for any run of items. When an item does not fit, only
 * the last wildcard has to take one more: a longer run for an earlier one could not help.
 */
function matches(
  pattern: readonly string[],
  items: readonly string[],
  wildcard: string,
  fits: (wanted: string, item: string) => boolean,
): boolean {
  let at = 0;
  let position = 0;
  let last: { readonly at: number; readonly position: number } | undefined;
  for (;;) {
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
    } else if (last !== undefined) {
      last = { at: last.at, position: last.position + 1 };
      ({ at, position } = last);
    } else {
      return false;
    }
  }
}
