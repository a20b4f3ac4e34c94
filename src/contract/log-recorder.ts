import assert from "node:assert/strict";
import { until } from "./contract-check.ts";
import { readPieces } from "./read-pieces.ts";
import type { LogFollower, SharedLog, StoredEvents } from "../channel/history/shared-log.ts";

/** A follower that records the reports of a log, and checks that they agree with each other and with the log. */
export class LogRecorder implements LogFollower {
  readonly #log: SharedLog;
  readonly #signal: AbortSignal;
  #epoch: string;
  #first: number;
  #isComplete = false;
  /** The reported events of the epoch from `#first` on; `undefined` for those that only the store has. */
  #texts: (string | undefined)[] = [];
  readonly #problems: unknown[] = [];
  #isReporting = false;
  resets = 0;
  completions = 0;
  readonly failures: unknown[] = [];
  /** Stops following. */
  readonly stop: () => void;

  /**
   * Starts to follow a log.
   *
   * @param signal - Ends its waiting when it is aborted.
   */
  constructor(log: SharedLog, signal: AbortSignal) {
    this.#log = log;
    this.#signal = signal;
    this.#epoch = log.epoch;
    this.#first = log.end;
    let isFollowing = false;
    const whenFollowing = (report: () => void): void => {
      this.#note(() => {
        assert.ok(isFollowing, "a report during the call of follow");
        assert.ok(!this.#isReporting, "a report during another report");
      });
      this.#isReporting = true;
      this.#note(report);
      this.#isReporting = false;
    };
    this.stop = log.follow({
      onEvents: (events) => whenFollowing(() => this.onEvents(events)),
      onReset: () => whenFollowing(() => this.onReset()),
      onComplete: () => whenFollowing(() => this.onComplete()),
      onFailure: (error) => this.onFailure(error),
    });
    isFollowing = true;
  }

  /** The sequence number of the next event that it expects. */
  get next(): number {
    return this.#first + this.#texts.length;
  }

  onEvents({ first, texts }: StoredEvents): void {
    assert.ok(!this.#isComplete, `events from ${first} on were reported after the end of the log`);
    assert.equal(this.#log.epoch, this.#epoch, "the epoch when events are reported");
    assert.ok(first >= this.next, `event ${first} was reported again; ${this.next} is the next one`);
    while (this.next < first) this.#texts.push(undefined);
    this.#texts.push(...texts);
    assert.equal(this.#log.end, this.next, "the end of the log when events are reported");
  }

  onReset(): void {
    this.resets++;
    assert.notEqual(this.#log.epoch, this.#epoch, "the epoch after a change of the epoch");
    this.#epoch = this.#log.epoch;
    this.#first = this.#log.end;
    this.#texts = [];
    this.#isComplete = false;
  }

  onComplete(): void {
    this.completions++;
    this.#isComplete = true;
    assert.equal(this.#log.isComplete, true, "isComplete when the end of the log is reported");
    assert.equal(this.#log.end, this.next, "the end of the log when its end is reported");
  }

  onFailure(error: unknown): void {
    this.failures.push(error);
  }

  /** Resolves when the events before `end` were reported. */
  async reaches(end: number): Promise<void> {
    await this.until(() => this.next >= end);
  }

  /** Resolves when a condition holds. */
  async until(isMet: () => boolean): Promise<void> {
    await until(() => this.#problems.length > 0 || isMet(), this.#signal);
    this.assertSound();
  }

  /** Returns the events since it started to follow. Those that only the store has are read. */
  async texts(): Promise<string[]> {
    this.assertSound();
    const isWhole = this.#texts.every((text) => text !== undefined);
    const stored = isWhole ? [] : await readPieces(this.#log, this.#first, this.next);
    return this.#texts.map((text, index) => text ?? stored[index] ?? "");
  }

  /** Throws the first problem with a report. A log handles errors of its followers, so they could not throw it. */
  assertSound(): void {
    for (const problem of this.#problems) throw problem;
  }

  #note(report: () => void): void {
    try {
      report();
    } catch (problem) {
      this.#problems.push(problem);
    }
  }
}
