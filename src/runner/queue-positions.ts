import type { Build } from "./build.ts";

/**
 * How long each waiting build adds to the time until positions are told again, in milliseconds: so they make 40 events
 * a second at most, however long the queue is and however fast it moves.
 */
const TIME_PER_BUILD = 25;

/**
 * Tells the builds that wait their positions in the queue. Each that leaves moves all behind it, so positions are
 * counted when somebody looks, and told in rounds: the first in the next turn of the event loop, another after a rest.
 */
export class QueuePositions {
  readonly #waiting: ReadonlySet<Build>;
  #isOutdated = false;
  #hasNews = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param waiting The builds that wait, the next to start first. It may change at any time. */
  constructor(waiting: ReadonlySet<Build>) {
    this.#waiting = waiting;
  }

  /** Says that a build has left the queue. */
  move(): void {
    if (this.#waiting.size === 0) return;
    this.#isOutdated = true;
    this.#hasNews = true;
    this.#timer ??= this.#schedule(0);
  }

  /** Sets the position of each build. To be called before somebody looks at one. */
  update(): void {
    if (!this.#isOutdated) return;
    this.#isOutdated = false;
    let position = 0;
    for (const build of this.#waiting) build.place(++position);
  }

  #schedule(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => this.#tell(), milliseconds).unref();
  }

  #tell(): void {
    this.#timer = undefined;
    if (!this.#hasNews) return;
    this.#hasNews = false;
    this.update();
    this.#timer = this.#schedule(this.#waiting.size * TIME_PER_BUILD);
    // A copy: whoever hears of it may cancel others.
    for (const build of [...this.#waiting]) build.announcePlace();
  }
}
