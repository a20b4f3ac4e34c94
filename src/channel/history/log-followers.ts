import type { LogFollower } from "./shared-log.ts";

/** The followers of a shared log. */
export class LogFollowers {
  readonly #followers = new Set<{ readonly follower: LogFollower }>();
  #hasFailed = false;

  get size(): number {
    return this.#followers.size;
  }

  /** Adds a follower. The returned function removes it, and returns whether it was still there. */
  add(follower: LogFollower): () => boolean {
    const entry = { follower };
    this.#followers.add(entry);
    return () => this.#followers.delete(entry);
  }

  clear(): void {
    this.#followers.clear();
  }

  /** Calls each follower. An error of one of them becomes a warning of the process, and the others are called. */
  report(call: (follower: LogFollower) => void): void {
    // A follower that another one adds starts after this report.
    for (const entry of [...this.#followers]) {
      if (!this.#followers.has(entry)) continue;
      try {
        call(entry.follower);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }

  /** Reports a failure of the store, once until the next answer. */
  reportFailure(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.report((follower) => follower.onFailure(error));
  }

  /** Records an answer of the store. */
  reportAnswer(): void {
    this.#hasFailed = false;
  }
}
