import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { TailcastError } from "../../error.ts";
import { isOutage } from "./log-store.ts";
import type { SharedLog } from "../../channel/history/shared-log.ts";
import type { PublishedEvent } from "../../channel/log/published-event.ts";

/** The maximum number of events that are published in one turn. */
const BATCH_EVENTS = 500;

/** The size of an event in addition to its data, in bytes. */
const EVENT_BYTES = 64;

/** The delay before a batch is published again, in milliseconds: it doubles up to the maximum. */
const FIRST_DELAY = 50;
const MAX_DELAY = 2000;

/**
 * Appends events to a shared log in their order, the events of a turn together. While the store does not answer, it
 * keeps the events and tries again.
 *
 * If it is unknown whether an event was stored, the writer publishes it and the following ones again. So the log can
 * contain events twice, but none is missing, and the last state of everything is the same.
 */
export class LogWriter {
  readonly #open: () => Promise<SharedLog>;
  readonly #patience: number;
  readonly #onFailure: () => void;
  readonly #stopping = new AbortController();
  #log: SharedLog | undefined;
  #events: PublishedEvent[] = [];
  #bytes = 0;
  #isComplete = false;
  #failure: unknown;
  #isBusy = false;
  /** The time when the store last answered, or the writer became busy. */
  #answeredAt = 0;
  /** Settles when the events of the current run are stored. */
  #run: Promise<void> = Promise.resolve();
  #waiters: { readonly below: number; readonly settle: () => void }[] = [];

  /**
   * @param open - Opens the log. The writer closes it.
   * @param patience - How long it retries while the store does not answer, in milliseconds.
   * @param onFailure - Called when the writer has stopped.
   */
  constructor(open: () => Promise<SharedLog>, patience: number, onFailure: () => void = () => undefined) {
    this.#open = open;
    this.#patience = patience;
    this.#onFailure = onFailure;
  }

  /** The number of bytes that are not stored. */
  get unstoredBytes(): number {
    return this.#bytes;
  }

  /** The error that has stopped the writer. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Appends an event. After a failure, it has no effect. */
  add(event: PublishedEvent): void {
    if (this.#failure !== undefined) return;
    this.#events.push(event);
    this.#bytes += sizeOf(event);
    this.#begin();
  }

  /** Completes the log after the events. Resolves when all of it is stored. */
  complete(): Promise<void> {
    this.#isComplete = true;
    if (this.#failure === undefined) this.#begin();
    return this.stored();
  }

  /** Resolves when at most `below` bytes are not stored. Default: when everything is stored. Rejects on failure. */
  async stored(below = 0): Promise<void> {
    while (this.#failure === undefined && (this.#bytes > below || (below === 0 && this.#isBusy))) {
      await new Promise<void>((resolve) => this.#waiters.push({ below, settle: resolve }));
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Fails if another process has completed the log. */
  async check(): Promise<void> {
    const log = this.#log;
    await log?.refresh().catch(() => undefined);
    if (log?.isComplete !== true || this.#isComplete) return;
    this.#fail(new TailcastError("CHANNEL_CLOSED", "Cannot publish events: another process has completed the log"));
  }

  /** Drops the events that are not stored, and closes the log. */
  async close(): Promise<void> {
    this.#fail(new Error("Cannot store the events: the writer was closed"));
    this.#stopping.abort();
    await this.#run;
    await this.#log?.close();
  }

  #begin(): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#answeredAt = performance.now();
    this.#run = this.#store().catch((error: unknown) => this.#fail(error));
  }

  #fail(error: unknown): void {
    const isFirst = this.#failure === undefined;
    this.#failure ??= error;
    this.#events = [];
    this.#bytes = 0;
    this.#isBusy = false;
    this.#wake();
    if (isFirst) this.#onFailure();
  }

  async #store(): Promise<void> {
    // The events of this turn belong to the first batch.
    await new Promise(setImmediate);
    const log = (this.#log ??= await this.#try(this.#open));
    while (this.#events.length > 0) {
      const batch = this.#events.splice(0, BATCH_EVENTS);
      await this.#publish(log, batch);
      for (const event of batch) this.#bytes -= sizeOf(event);
      this.#wake();
    }
    // After a failure, the last events are missing, so another process must be able to complete the log.
    if (this.#failure !== undefined) return;
    if (this.#isComplete) await this.#try(() => log.complete());
    this.#isBusy = false;
    if (this.#events.length > 0) this.#begin();
    else this.#wake();
  }

  async #publish(log: SharedLog, batch: readonly PublishedEvent[]): Promise<void> {
    for (let left = batch; left.length > 0;) {
      left = await this.#try(async () => {
        const results = await Promise.allSettled(left.map((event) => log.publish(event)));
        const first = results.findIndex(({ status }) => status === "rejected");
        const failed = results[first];
        if (failed?.status !== "rejected") return [];
        // The rest is published again in order, even events that were stored.
        if (first === 0 || !isOutage(failed.reason)) throw failed.reason;
        return left.slice(first);
      });
    }
  }

  /** Repeats a call until the store answers. */
  async #try<Result>(call: () => Promise<Result>): Promise<Result> {
    for (let delay = FIRST_DELAY; ; delay = Math.min(2 * delay, MAX_DELAY)) {
      try {
        const result = await call();
        this.#answeredAt = performance.now();
        return result;
      } catch (error) {
        if (!isOutage(error) || performance.now() - this.#answeredAt + delay > this.#patience) throw error;
        await sleep(delay, undefined, { signal: this.#stopping.signal });
      }
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) {
      if (this.#failure !== undefined || this.#bytes <= waiter.below) waiter.settle();
      else this.#waiters.push(waiter);
    }
  }
}

function sizeOf({ data }: PublishedEvent): number {
  return data.length + EVENT_BYTES;
}
