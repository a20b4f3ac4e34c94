import { findProjects } from "./find-projects.ts";
import type { ProjectSummary } from "./find-projects.ts";

/** The options of a {@link ProjectCache}. */
export interface ProjectFinderOptions {
  /** The clock, in milliseconds; it never goes back. Default `performance.now`. */
  now?: (() => number) | undefined;
}

/** How long a result is good enough, in milliseconds. */
const MAX_AGE = 5000;

/**
 * Finds the projects below its roots for many who ask: those who ask while it looks share one search, and for five
 * seconds after that, its result. So however often it is asked, the disk has little to do.
 */
export class ProjectCache {
  readonly #roots: readonly string[];
  readonly #now: () => number;
  #search: Promise<readonly ProjectSummary[]> | undefined;
  /** When the search is out of date. */
  #expiresAt = -Infinity;

  /** @param roots The directories under which projects may be built. */
  constructor(roots: readonly string[], { now = () => performance.now() }: ProjectFinderOptions = {}) {
    this.#roots = [...roots];
    this.#now = now;
  }

  /** The projects, as {@link findProjects} finds them, at most five seconds old. */
  find(): Promise<readonly ProjectSummary[]> {
    if (this.#search === undefined || this.#now() >= this.#expiresAt) {
      // While it goes on, however long that takes, it is not out of date.
      this.#expiresAt = Infinity;
      this.#search = findProjects(this.#roots).finally(() => {
        this.#expiresAt = this.#now() + MAX_AGE;
      });
    }
    return this.#search;
  }
}
