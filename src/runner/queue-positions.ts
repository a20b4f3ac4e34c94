import type { Build } from "./build.ts";

/**
 * How much each queued build adds to the time between two rounds of positions, in milliseconds: so positions cause at
 * most 40 events a second, whatever the length of the queue.
 */
const TIME_PER_BUILD = 25;

/**
 * Keeps the positions of queued builds up to date. Each build that leaves the queue moves all builds behind it, so
 * positions are counted on demand and emitted in rounds: the first in the next turn of the event loop, the next after a
 * pause.
 */
export class QueuePositions {
  readonly #waiting: ReadonlySet<Build>;
  #isOutdated = false;
  #hasChanged = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param waiting - The queued builds, the next to start first. The set may change at any time. */
  constructor(waiting: ReadonlySet<Build>) {
    this.#waiting = waiting;
  }

  /** Call it when a build has left the queue. */
  advance(): void {
    if (this.#waiting.size === 0) return;
    this.#isOutdated = true;
    this.#hasChanged = true;
    this.#timer ??= this.#schedule(0);
  }

  /** Sets the position of each build. Call it before a record is read. */
  update(): void {
    if (!this.#isOutdated) return;
    this.#isOutdated = false;
    let position = 0;
    for (const build of this.#waiting) build.queuePosition = ++position;
  }

  #schedule(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#emitRound(), milliseconds).unref();
  }

  #emitRound(): void {
    this.#timer = undefined;
    if (!this.#hasChanged) return;
    this.#hasChanged = false;
    this.update();
    this.#timer = this.#schedule(this.#waiting.size * TIME_PER_BUILD);
    // A copy: the consumer of an event may cancel other builds.
    for (const build of [...this.#waiting]) build.emitPosition();
  }
}
