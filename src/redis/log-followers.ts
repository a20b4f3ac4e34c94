import type { LogFollower } from "../channel/history/shared-log.ts";

/** The followers of a log. */
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
    for (const { follower } of [...this.#followers]) {
      try {
        call(follower);
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error));
      }
    }
  }

  /** Reports a failure, once until the next answer. */
  reportFailure(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.report((follower) => follower.onFailure(error));
  }

  /** The store has answered. */
  reportAnswer(): void {
    this.#hasFailed = false;
  }
}
