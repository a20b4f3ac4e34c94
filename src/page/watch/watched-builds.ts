import { isActive } from "../builds/status.ts";
import type { Build } from "../model.ts";

/** The maximum number of watched builds, so that the stored list stays small. */
const MAX_WATCHED = 50;

/** The storage of the ids of watched builds. Tests pass their own. */
export interface WatchStorage {
  read(): string | undefined;
  write(ids: string): void;
}

/** The builds whose end the person wants to know. They stay watched when the page is loaded again. */
export class WatchedBuilds {
  readonly #storage: WatchStorage;

  constructor(storage: WatchStorage) {
    this.#storage = storage;
  }

  /** Whether a build is watched. */
  has(id: string): boolean {
    return this.#ids.includes(id);
  }

  /** Whether no build is watched. */
  get isEmpty(): boolean {
    return this.#ids.length === 0;
  }

  /** Starts or stops watching a build. */
  set(id: string, isWatched: boolean): void {
    const others = this.#ids.filter((known) => known !== id);
    this.#write(isWatched ? [...others, id].slice(-MAX_WATCHED) : others);
  }

  /** Returns the watched builds that have ended, and no longer watches them. */
  takeEnded(builds: readonly Build[]): readonly Build[] {
    if (this.isEmpty) return [];
    const ended = builds.filter((build) => !isActive(build) && this.has(build.id));
    for (const { id } of ended) this.set(id, false);
    return ended;
  }

  // Read each time: another tab may have changed it.
  get #ids(): readonly string[] {
    return (this.#storage.read() ?? "").split(",").filter((id) => id !== "");
  }

  #write(ids: readonly string[]): void {
    this.#storage.write(ids.join());
  }
}
