/**
 * Whether a relative path fits a glob of a workspace list, in which `*` stands for anything within one segment and `**`
 * for any number of segments. The globs are written by strangers, so this is no regular expression: whatever they hold,
 * the work is at most the product of the two lengths.
 */
export function matchesGlob(path: string, glob: string): boolean {
  return matches(segments(glob), segments(path), "**", (wanted, segment) => {
    return matches([...wanted], [...segment], "*", (left, right) => left === right);
  });
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
