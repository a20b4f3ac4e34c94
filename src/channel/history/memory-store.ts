import { TailcastError } from "../../error.ts";
import { formatSequenceId } from "../../protocol/sequence-id.ts";
import { encodePublished } from "../log/published-event.ts";
import type { PublishedEvent } from "../log/published-event.ts";

/** The maximum numbers of events and bytes that a {@link MemoryStore} keeps. */
export interface MemoryStoreLimits {
  readonly capacity: number;
  readonly capacityBytes: number;
}

/** The events of a `MemoryLog` and all its forks. It is to them what a server is to other logs. */
export class MemoryStore {
  readonly #limits: MemoryStoreLimits;
  readonly #listeners = new Set<() => void>();
  #epoch: string;
  #start = 1;
  /** The encoded events. Those before `#head` were removed; the array drops them when they are the larger part. */
  #texts: string[] = [];
  #head = 0;
  #bytes = 0;
  #isComplete = false;

  constructor(epoch: string, limits: MemoryStoreLimits) {
    this.#epoch = epoch;
    this.#limits = limits;
  }

  get epoch(): string {
    return this.#epoch;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#start + this.#texts.length - this.#head;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Stores an event, removes the oldest ones beyond the limits, and returns its id. */
  append(event: PublishedEvent): string {
    if (this.#isComplete) {
      throw new TailcastError("CHANNEL_CLOSED", "Cannot publish the event: the log is complete");
    }
    const id = formatSequenceId(this.#epoch, this.end);
    const text = encodePublished(event, id, this.#limits.capacityBytes);
    this.#texts.push(text);
    this.#bytes += Buffer.byteLength(text);
    while (this.end - this.#start > this.#limits.capacity || this.#bytes > this.#limits.capacityBytes) {
      this.#removeOldest();
    }
    this.#report();
    return id;
  }

  complete(): void {
    this.#isComplete = true;
    this.#report();
  }

  /** Removes all events and starts another epoch. */
  reset(epoch: string): void {
    this.#epoch = epoch;
    this.#start = 1;
    this.#texts = [];
    this.#head = this.#bytes = 0;
    this.#isComplete = false;
    this.#report();
  }

  /** Returns the events from `sequence` on, about `length` characters, or one larger event. */
  read(sequence: number, length: number = Infinity): string[] {
    const texts = this.#texts.slice(this.#head + sequence - this.#start);
    let total = 0;
    const count = texts.findIndex((text) => (total += text.length) >= length) + 1;
    return count === 0 ? texts : texts.slice(0, count);
  }

  /** Calls a function after every change, until the returned function is called. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #removeOldest(): void {
    this.#bytes -= Buffer.byteLength(this.#texts[this.#head] ?? "");
    this.#texts[this.#head] = "";
    this.#head++;
    this.#start++;
    if (this.#head * 2 <= this.#texts.length) return;
    this.#texts.splice(0, this.#head);
    this.#head = 0;
  }

  #report(): void {
    for (const listener of this.#listeners) listener();
  }
}
