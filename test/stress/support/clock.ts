import type { Lifetime } from "../../support/lifetime.js";

interface Timer {
  readonly run: () => void;
  /** 0 for a timer that runs once. */
  readonly period: number;
  at: number;
}

/**
 * Time that stands still until it is moved, for the channel's timers and `performance.now()`: no slow machine can make
 * a client look stalled. Node's own timers, and `setImmediate`, continue as usual.
 */
export class Clock {
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();

  constructor(lifetime: Lifetime) {
    const add = (run: () => void, delay: number, period: number): object => {
      const timer: Timer = { run, period, at: this.#now + delay };
      this.#timers.add(timer);
      return Object.assign(timer, { unref: () => timer, ref: () => timer });
    };
    const remove = (timer: unknown): void => void this.#timers.delete(timer as Timer);
    // Not `mock.method` of node:test: it keeps the stack of each call, and there are very many calls.
    const replace = (target: object, name: string, by: unknown): void => {
      const before = Object.getOwnPropertyDescriptor(target, name);
      Object.defineProperty(target, name, { value: by, configurable: true, writable: true });
      lifetime.after(() => {
        if (before === undefined) Reflect.deleteProperty(target, name);
        else Object.defineProperty(target, name, before);
      });
    };
    replace(globalThis, "setInterval", (run: () => void, period: number) => add(run, period, period));
    replace(globalThis, "setTimeout", (run: () => void, delay: number) => add(run, delay, 0));
    replace(globalThis, "clearInterval", remove);
    replace(globalThis, "clearTimeout", remove);
    replace(performance, "now", () => this.#now);
  }

  get now(): number {
    return this.#now;
  }

  /** The number of running timers. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Advances time, and runs the timers that become due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (next === undefined || next.at > end) break;
      this.#now = next.at;
      if (next.period === 0) this.#timers.delete(next);
      else next.at += next.period;
      next.run();
    }
    this.#now = end;
  }
}
