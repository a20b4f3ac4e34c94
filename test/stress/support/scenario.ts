import { randomInt } from "node:crypto";
import { it } from "node:test";
// Not the globals, which a scenario may replace.
import { clearTimeout, setTimeout } from "node:timers";
import { createRandom } from "../../support/random.js";
import { bufferBytes } from "../../support/channel.js";

/** The time for which each scenario is repeated; without `STRESS_SECONDS` it runs once. */
const SECONDS = Number(process.env["STRESS_SECONDS"] ?? 0);

/** Whether scenarios run at full size, if they have one. */
const IS_FULL = process.env["STRESS_FULL"] !== undefined;

/**
 * A round that has not ended after this time, in milliseconds, hangs. Rounds take seconds, or minutes at full size; the
 * rest is for slow machines.
 */
const ROUND_LIMIT = IS_FULL || SECONDS > 0 ? 1_200_000 : 100_000;

/**
 * A test that repeats rounds, each with the next seed. Each round checks the invariant in its name.
 *
 * ```text
 * npm run build && node --test dist-test/stress/*.test.js                        one round of each
 * STRESS_SECONDS=300 node --test dist-test/stress/*.test.js                      a soak
 * STRESS_FULL=1 node --test dist-test/stress/slow-readers.test.js                the size that the limits are made for
 * STRESS_SEED=12345 node --test dist-test/stress/resume.test.js                  a failing round again
 * STRESS_FULL=1 node --test dist-test/stress/fuzz.test.js                        100 000 requests
 * STRESS_SEED=1 STRESS_ONLY=23 node --test dist-test/stress/fuzz.test.js         a failing request again
 * ```
 *
 * A soak reports the resources of the process after its first tenth, when all is warm, and at its end: memory in MB and
 * handles.
 */
export function scenario(name: string, run: (round: Round) => Promise<void>): void {
  it(name, async (t) => {
    const end = Date.now() + SECONDS * 1000;
    let seed = Number(process.env["STRESS_SEED"] ?? randomInt(2 ** 31));
    let rounds = 0;
    let early: string | undefined;
    do {
      await new Round(seed, (text) => t.diagnostic(text)).run(run);
      seed = (seed + 1) % 2 ** 31;
      rounds++;
      if (end - Date.now() < SECONDS * 900) early ??= await holdings();
    } while (Date.now() < end);
    if (SECONDS > 0) t.diagnostic(`${rounds} rounds; early: ${String(early)}; at the end: ${await holdings()}`);
  });
}

/** Describes the resources of this process. */
async function holdings(): Promise<string> {
  const buffers = await bufferBytes();
  const { rss, heapUsed } = process.memoryUsage();
  const [all, heap, shared] = [rss, heapUsed, buffers].map((bytes) => Math.round(bytes / 1024 / 1024));
  return `RSS ${all}, heap ${heap}, Buffers ${shared}, handles ${process.getActiveResourcesInfo().length}`;
}

/** One run of a scenario: its random choices, its resources, and whether it has failed. */
export class Round {
  readonly seed: number;
  readonly report: (text: string) => void;
  readonly #random: (limit: number) => number;
  readonly #releases: (() => unknown)[] = [];
  readonly #failed: Promise<never>;
  #reject: (error: unknown) => void = () => {};
  #isOver = false;
  #awaited: (() => boolean) | undefined;

  /** @param report - Prints a measurement. */
  constructor(seed: number, report: (text: string) => void) {
    this.seed = seed;
    this.report = report;
    this.#random = createRandom(seed);
    this.#failed = new Promise((_, reject) => (this.#reject = reject));
    this.#failed.catch(() => {});
  }

  /** Whether a scenario should run at full size, however long that takes. */
  get isFull(): boolean {
    return IS_FULL;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  async run(body: (round: Round) => Promise<void>): Promise<void> {
    const timer = setTimeout(() => {
      this.fail(
        new Error(
          `the round hangs: after ${ROUND_LIMIT} ms it still waits for ${String(this.#awaited ?? "a promise")}`,
        ),
      );
    }, ROUND_LIMIT);
    const running = body(this);
    running.catch(() => {});
    try {
      await Promise.race([running, this.#failed]);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}\nThe same again: STRESS_SEED=${this.seed}`, { cause: error });
    } finally {
      clearTimeout(timer);
      this.#isOver = true;
      for (const release of this.#releases.reverse()) await release();
    }
  }

  /** Fails the round, from any place that sees an error. */
  fail(error: unknown): void {
    this.#reject(error);
  }

  /** Runs a listener, and fails the round if it throws. */
  guard(body: () => void): void {
    try {
      body();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Releases something at the end of the round, the last first: the `after` of `node:test` for a round. */
  after(release: () => unknown): void {
    this.#releases.push(release);
  }

  /** Resolves when a condition holds, checked in each turn of the event loop; never if the round has failed. */
  async until(condition: () => boolean): Promise<void> {
    this.#awaited = condition;
    while (!condition()) {
      if (this.#isOver) throw new Error("the round is over");
      await new Promise(setImmediate);
    }
    this.#awaited = undefined;
  }

  /** An integer from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + this.#random(high - low + 1);
  }

  /** True with a probability of `percent`. */
  chance(percent: number): boolean {
    return this.#random(100) < percent;
  }

  pick<Item>(items: readonly Item[]): Item {
    // The index is below the length; an empty list is a mistake in the scenario.
    return items[this.#random(items.length)] as Item;
  }

  /** Waits for some turns of the event loop. */
  async turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
  }
}
