import type { HubEvent } from "./hub-protocol.ts";

/** The maximum number of events in a ring, and of UTF-16 units in their data. */
const MAX_EVENTS = 2000;
const MAX_LENGTH = 512 * 1024;

/** An event with its place in the stream. */
export interface PlacedEvent extends HubEvent {
  readonly sequence: number;
}

/** The latest events of a stream, for tabs that join it. */
export class EventRing {
  #events: PlacedEvent[] = [];
  #length = 0;
  #start: number;

  /** @param start - The number of the event after which the stream starts. */
  constructor(start: number) {
    this.#start = start;
  }

  /** The number after which the ring has every event. */
  get start(): number {
    return this.#start;
  }

  /** Adds the next event. */
  push(event: PlacedEvent): void {
    this.#events.push(event);
    this.#length += event.data.length;
    // Half of the events go at once, so that an event costs constant time.
    if (this.#events.length > MAX_EVENTS || this.#length > MAX_LENGTH) this.#halve();
  }

  /** Returns the events after a number, which is at least `start`. */
  after(sequence: number): readonly PlacedEvent[] {
    return this.#events.filter((event) => event.sequence > sequence);
  }

  #halve(): void {
    const removed = this.#events.splice(0, Math.ceil(this.#events.length / 2));
    for (const { data } of removed) this.#length -= data.length;
    this.#start = removed.at(-1)?.sequence ?? this.#start;
  }
}

/**
 * Returns the number of an event id: `7` of `<build>-7`; 0 of an empty id.
 *
 * All ids of a build's stream have the same epoch, so their numbers order them.
 */
export function sequenceOf(lastEventId: string): number {
  return Number(/-([0-9]+)$/.exec(lastEventId)?.[1] ?? 0);
}
