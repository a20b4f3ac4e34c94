import { matchesGlob } from "./glob.ts";
import type { WorkLimit } from "./work-limit.ts";

/**
 * How a package manager treats entries of a workspace list that begin with `!`:
 * - `always`: they exclude, wherever in the list they stand;
 * - `until-listed`: the same, but a later entry without `!` that fits one of them cancels it;
 * - `globs`: they exclude what globs have found, not what the list names without a glob;
 * - `never`: they have no effect.
 */
export type ExclusionRule = "always" | "until-listed" | "globs" | "never";

/** The cost of reading an entry. */
const ENTRY_UNITS = 48;

interface Entry {
  readonly glob: string;
  readonly isExcluded: boolean;
  /** Its position in the list. */
  readonly index: number;
}

/** Whether a workspace list claims a relative path. */
export function claims(globs: readonly string[], path: string, rule: ExclusionRule, work: WorkLimit): boolean {
  if (path.split("/").includes("node_modules")) return false;
  // When the limit is reached, the result is unknown, and the rest of a long list need not be compared.
  const fits = ({ glob }: Entry): boolean => !work.isReached && matchesGlob(path, glob, work);
  const entries = readEntries(globs, rule, work);
  const listed = entries.filter(({ isExcluded }) => !isExcluded);
  const wanted = listed.filter(fits);
  if (rule === "never" || wanted.length === 0) return wanted.length > 0;
  if (rule === "globs" && wanted.some(({ glob }) => !/[*?[{]/.test(glob))) return true;
  return !entries.some((entry) => {
    if (!entry.isExcluded || !fits(entry)) return false;
    return rule !== "until-listed" || !isListedAfter(entry, listed, work);
  });
}

function isListedAfter({ glob, index }: Entry, listed: readonly Entry[], work: WorkLimit): boolean {
  const later = listed.findLastIndex((entry) => entry.index < index) + 1;
  // Each comparison is charged, so the loop ends when the limit is reached.
  for (let at = later; at < listed.length && !work.isReached; at++) {
    if (matchesGlob(listed[at]?.glob ?? "", glob, work)) return true;
  }
  return false;
}

function readEntries(globs: readonly string[], rule: ExclusionRule, work: WorkLimit): Entry[] {
  const entries: Entry[] = [];
  for (const [index, glob] of globs.entries()) {
    work.spend(ENTRY_UNITS);
    if (work.isReached) return [];
    const entry = readEntry(glob, rule, index);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** Reads an entry. An entry that the manager ignores is `undefined`. */
function readEntry(text: string, rule: ExclusionRule, index: number): Entry | undefined {
  let marks = 0;
  while (text[marks] === "!") marks++;
  const glob = text.slice(marks);
  // Only npm accepts a path that looks absolute.
  if (glob.startsWith("/") && rule !== "until-listed") return undefined;
  // The others look for a folder whose name begins with "!".
  const canRepeat = rule === "until-listed" || rule === "globs";
  if (!canRepeat && marks > 1) return undefined;
  return { glob, isExcluded: marks % 2 === 1, index };
}
