import type { BuildEvent } from "../events.ts";

/** An event, and the function that tells its producer that it was consumed. */
interface Entry {
  readonly event: BuildEvent;
  readonly consumed: () => void;
}

/**
 * The events of a build as an iterator. A line is consumed when the loop asks for the event after it: until then the
 * command is held back, so that no events accumulate in memory. Several loops share the events: each event reaches one
 * of them.
 */
export class EventIterator implements AsyncIterableIterator<BuildEvent, undefined> {
  readonly #entries: Entry[] = [];
  readonly #onReturn: () => void;
  /** The event that the loop works on. */
  #current: Entry | undefined;
  /** The calls of `next` that wait for an event. */
  readonly #waiting: ((result: IteratorResult<BuildEvent, undefined>) => void)[] = [];
  /** Whether events are consumed at once, because no loop reads them. */
  #isDiscarding = false;
  #isUsed = false;
  /** Whether the build or its loop has ended. */
  #isOver = false;

  /** @param onReturn - Called when a loop ends before the build. */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
    // A loop usually starts in the same turn as the build.
    setImmediate(() => {
      if (!this.#isUsed) this.#discard();
    });
  }

  /** Adds an event. Resolves when the loop has consumed it. */
  push(event: BuildEvent): Promise<void> | undefined {
    if (this.#isDiscarding || this.#isOver) return undefined;
    return new Promise((consumed) => {
      const entry = { event, consumed };
      const resolve = this.#waiting.shift();
      if (resolve === undefined) this.#entries.push(entry);
      else resolve(this.#take(entry));
    });
  }

  /** Ends the loop after the events that were added. */
  end(): void {
    this.#isOver = true;
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    this.#start();
    return this;
  }

  next(): Promise<IteratorResult<BuildEvent, undefined>> {
    this.#start();
    this.#current?.consumed();
    this.#current = undefined;
    const entry = this.#entries.shift();
    if (entry !== undefined) return Promise.resolve(this.#take(entry));
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<BuildEvent, undefined>> {
    this.#discard();
    const isEarly = !this.#isOver;
    this.#isOver = true;
    if (isEarly) this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  #start(): void {
    this.#isUsed = true;
    this.#isDiscarding = false;
  }

  #take(entry: Entry): IteratorResult<BuildEvent, undefined> {
    // Another loop may work on it.
    this.#current?.consumed();
    this.#current = entry;
    return { done: false, value: entry.event };
  }

  #discard(): void {
    this.#isDiscarding = true;
    this.#current?.consumed();
    this.#current = undefined;
    for (const { consumed } of this.#entries.splice(0)) consumed();
    for (const resolve of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }
}
