import { findProjects } from "./find-projects.ts";
import type { ProjectSettings } from "../settings/project-settings.ts";
import type { ProjectSummary } from "./find-projects.ts";

/** The options of a {@link ProjectCache}. */
export interface ProjectFinderOptions {
  /** The clock, in milliseconds; it never goes back. Default `performance.now`. */
  now?: (() => number) | undefined;
  /** Settings that name further folders. Default: none. */
  settings?: Pick<ProjectSettings, "addTo"> | undefined;
}

/** How long a result is used, in milliseconds. */
const MAX_AGE = 5000;

/**
 * Finds the projects below its roots. Callers during a search share it, and so do callers in the five seconds after
 * it: the load on the disk does not depend on the number of calls.
 */
export class ProjectCache {
  readonly #roots: readonly string[];
  readonly #now: () => number;
  readonly #settings: Pick<ProjectSettings, "addTo"> | undefined;
  #search: Promise<readonly ProjectSummary[]> | undefined;
  /** When the search is out of date. */
  #expiresAt = -Infinity;

  /** @param roots - The directories under which projects may be built. */
  constructor(roots: readonly string[], { now = () => performance.now(), settings }: ProjectFinderOptions = {}) {
    this.#roots = [...roots];
    this.#now = now;
    this.#settings = settings;
  }

  /** The projects, as {@link findProjects} finds them, at most five seconds old. */
  find(): Promise<readonly ProjectSummary[]> {
    if (this.#search === undefined || this.#now() >= this.#expiresAt) {
      // A search that is running is never out of date, however long it takes.
      this.#expiresAt = Infinity;
      this.#search = findProjects(this.#roots).then((found) => this.#settings?.addTo(found) ?? found);
      // The next call tries again after a failure.
      this.#search.then(
        () => (this.#expiresAt = this.#now() + MAX_AGE),
        () => (this.#expiresAt = -Infinity),
      );
    }
    return this.#search;
  }
}
