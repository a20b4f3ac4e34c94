import { ApiError } from "../server/api.ts";
import { words } from "../words/words.ts";
import type { HitSearch } from "./hit-search.ts";

/** The parts of a search that its texts depend on. */
export type SearchProgress = Pick<HitSearch, "phase" | "count" | "scanned" | "of" | "error">;

/**
 * Returns the text beside the field: "3 of 1,234", with the progress of a search that runs.
 *
 * @param position - The place of the current hit among all hits, from 1.
 * @param isGrowing - Whether more lines can follow.
 */
export function countText(search: SearchProgress, position: number | undefined, isGrowing: boolean): string {
  const { phase, count, scanned, of } = search;
  if (phase === "idle" || phase === "failed") return "";
  const { noHits, hits, hitOf, hitsSoFar, hitsSearched, searching } = words();
  const found = position === undefined ? hits(count) : hitOf(position, count);
  if (phase === "running") {
    const percent = of === 0 ? 0 : Math.floor((scanned / of) * 100);
    return count === 0 ? searching(percent) : hitsSearched(found, percent);
  }
  // A search that was stopped does not know whether there are none.
  if (count === 0 && phase === "too-slow") return "";
  if (count === 0) return isGrowing ? hitsSoFar(noHits) : noHits;
  return isGrowing || phase === "too-slow" ? hitsSoFar(found) : found;
}

/**
 * Returns the sentence below the field about a search that is not complete; empty if there is nothing to say.
 *
 * @param listed - The number of hits that the page can show.
 */
export function noteText({ phase, scanned, of, error }: SearchProgress, listed: number): string {
  const { searchTooSlow, searchTooSlowAfter, searchTooMany, searchFailed, invalidPattern } = words();
  if (phase === "too-slow") return scanned === 0 ? searchTooSlow : searchTooSlowAfter(scanned, of);
  if (phase === "too-many") return searchTooMany(listed);
  if (phase !== "failed") return "";
  if (error instanceof SyntaxError) return invalidPattern(error.message);
  return error instanceof ApiError ? error.message : searchFailed;
}
