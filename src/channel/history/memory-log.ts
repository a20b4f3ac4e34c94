import { randomBytes } from "node:crypto";
import { checkInteger, checkNames, checkValue, kinds } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { assertPublished, cannotPublish } from "../log/published-event.ts";
import { checkEpoch } from "../settings.ts";
import { LogFollowers } from "./log-followers.ts";
import { MemoryStore } from "./memory-store.ts";
import type { OptionNames } from "../../check-options.ts";
import type { PublishedEvent } from "../log/published-event.ts";
import type { HistoryPiece, HistoryReader } from "./history.ts";
import type { LogFollower, SharedLog } from "./shared-log.ts";

/** The options of a {@link MemoryLog}. Each has a default. */
export interface MemoryLogOptions {
  /** The epoch of its ids: 1 to 128 letters, digits or `. _ ~ -`, **new each time**. Default: a random epoch. */
  epoch?: string | undefined;
  /** The maximum number of kept events. Default 1000. */
  capacity?: number | undefined;
  /** The maximum size of the kept events in bytes, encoded. It is also the limit for one event. Default 16 MiB. */
  capacityBytes?: number | undefined;
}

const optionNames: OptionNames<MemoryLogOptions> = { epoch: true, capacity: true, capacityBytes: true };

/** The approximate size of a piece in characters. */
const PIECE_LENGTH = 64 * 1024;

const newEpoch = (): string => randomBytes(5).toString("hex");

/**
 * A shared log in memory, for several channels of one process, and for tests of code that uses a shared log: `fork`,
 * `interrupt` and `reset` do what happens to processes that share a server. It is also an example for other stores.
 *
 * Its `epoch`, `start`, `end` and `isComplete` are what this object knows. Its store may be ahead of them, as a server
 * is. Only `#update` changes them, and reports each change in the same turn. So a follower and these properties agree.
 */
export class MemoryLog implements SharedLog {
  #store: MemoryStore;
  readonly #followers = new LogFollowers();
  #epoch: string;
  #start = 1;
  #end = 1;
  #isComplete = false;
  #isAvailable = true;
  #isClosed = false;
  #isUpdateScheduled = false;
  #unwatch: (() => void) | undefined;

  /** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
  constructor(options: MemoryLogOptions = {}) {
    checkNames(options, optionNames);
    const { epoch = newEpoch(), capacity = 1000, capacityBytes = 16 * 1024 * 1024 } = options;
    checkEpoch("epoch", epoch);
    checkInteger("capacity", capacity, { min: 1 });
    checkInteger("capacityBytes", capacityBytes, { min: 1 });
    this.#store = new MemoryStore(epoch, { capacity, capacityBytes });
    this.#epoch = epoch;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  async publish(event: PublishedEvent | string): Promise<string> {
    const fields = typeof event === "string" ? { data: event } : event;
    assertPublished(fields);
    if ((fields.id ?? undefined) !== undefined) throw cannotPublish("the log gives the ids; leave the id out");
    this.#assertAnswering("publish the event");
    return this.#store.append(fields);
  }

  async complete(): Promise<void> {
    this.#assertAnswering("complete the log");
    this.#store.complete();
  }

  follow(follower: LogFollower): () => void {
    checkValue("follower", follower, kinds.object);
    this.#assertOpen("follow the log");
    const leave = this.#followers.add(follower);
    this.#unwatch ??= this.#store.watch(() => this.#scheduleUpdate());
    // The store may have changed while the log had no followers.
    this.#scheduleUpdate();
    return () => {
      if (leave() && this.#followers.size === 0) this.#stopWatching();
    };
  }

  async refresh(): Promise<void> {
    await new Promise(setImmediate);
    this.#assertAnswering("refresh the log");
    this.#update();
  }

  read(sequence: number): HistoryReader {
    this.#assertOpen("read the log");
    checkInteger("sequence", sequence, { min: 1, max: this.#end - 1 });
    const epoch = this.#epoch;
    let position = sequence;
    const next = async (): Promise<HistoryPiece> => {
      await new Promise(setImmediate);
      this.#assertAnswering("read the log");
      this.#update();
      if (epoch !== this.#epoch) throw new Error(`Cannot read the log: its epoch is ${this.#epoch}, not ${epoch}`);
      if (position < this.#start) throw new Error(`Cannot read the log: event ${position} was removed`);
      const texts = this.#store.read(position, PIECE_LENGTH);
      position += texts.length;
      return { bytes: Buffer.from(texts.join("")), next: position };
    };
    return { next, close: () => undefined };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#followers.clear();
    this.#stopWatching();
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Returns another log with the same events, as another process has it. */
  fork(): MemoryLog {
    const fork = new MemoryLog();
    fork.#store = this.#store;
    // It has no followers yet, so this reports nothing.
    fork.#update();
    return fork;
  }

  /** Removes all events and starts another epoch, for all forks, as a server that has lost its data. */
  reset(epoch: string = newEpoch()): void {
    this.#store.reset(checkEpoch("epoch", epoch));
  }

  /** Makes the store unavailable to this log, but not to its forks, as a network does. */
  interrupt(): void {
    this.#isAvailable = false;
    this.#followers.reportFailure(this.#unavailable("follow the log"));
  }

  /** Makes the store available again. */
  restore(): void {
    this.#isAvailable = true;
    this.#scheduleUpdate();
  }

  /** All changes of one turn are reported together. */
  #scheduleUpdate(): void {
    if (this.#isUpdateScheduled) return;
    this.#isUpdateScheduled = true;
    queueMicrotask(() => {
      this.#isUpdateScheduled = false;
      if (this.#isAvailable && !this.#isClosed) this.#update();
    });
  }

  /** Takes over the state of the store, and reports what has changed. */
  #update(): void {
    this.#followers.reportAnswer();
    const { epoch, start, end, isComplete } = this.#store;
    const known = { epoch: this.#epoch, end: this.#end, isComplete: this.#isComplete };
    this.#epoch = epoch;
    this.#start = start;
    this.#end = end;
    this.#isComplete = isComplete;
    if (epoch !== known.epoch) {
      this.#followers.report((follower) => follower.onReset());
      if (isComplete) this.#followers.report((follower) => follower.onComplete());
      return;
    }
    if (end > known.end) {
      // Some of the new events may have been removed already.
      const first = Math.max(known.end, start);
      const events = { first, texts: this.#store.read(first) };
      this.#followers.report((follower) => follower.onEvents(events));
    }
    if (isComplete && !known.isComplete) this.#followers.report((follower) => follower.onComplete());
  }

  #stopWatching(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  #assertOpen(action: string): void {
    if (this.#isClosed) throw new TailcastError("CHANNEL_CLOSED", `Cannot ${action}: the log was closed`);
  }

  #assertAnswering(action: string): void {
    this.#assertOpen(action);
    if (this.#isAvailable) return;
    const error = this.#unavailable(action);
    this.#followers.reportFailure(error);
    throw error;
  }

  #unavailable(action: string): TailcastError {
    return new TailcastError("LOG_UNAVAILABLE", `Cannot ${action}: the store does not answer; try again later`);
  }
}
