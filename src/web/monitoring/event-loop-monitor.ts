import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

/** The period of the samples, in milliseconds. Node adds it to each sample. */
const RESOLUTION = 20;

/** The length of a window, and the minimum time between two warnings, in milliseconds. */
const WINDOW = 60_000;

/** The interval between checks for a long delay, in milliseconds. */
const CHECK_INTERVAL = 1000;

/** The monitor logs longer delays than this, in milliseconds. */
const LONG_DELAY = 200;

/** Delays of the event loop, in seconds. */
export interface EventLoopDelay {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

const NO_DELAY: EventLoopDelay = { mean: 0, p50: 0, p90: 0, p99: 0, max: 0 };

/** Measures the delay of the event loop in windows of one minute, and logs at most one long delay per minute. */
export class EventLoopMonitor {
  readonly #histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  readonly #onLog: (entry: LogEntry) => void;
  readonly #timer: NodeJS.Timeout;
  #lastWindow = NO_DELAY;
  #windowStart = performance.now();
  #warnedAt = -Infinity;
  #hasWarned = false;

  constructor(onLog: (entry: LogEntry) => void) {
    this.#onLog = onLog;
    this.#histogram.enable();
    this.#timer = setInterval(() => this.check(), CHECK_INTERVAL).unref();
  }

  /**
   * The larger values of the current and the previous window. So a scrape every minute includes every delay, with any
   * number of monitoring systems.
   */
  get delay(): EventLoopDelay {
    const now = this.#read();
    const last = this.#lastWindow;
    return {
      mean: Math.max(now.mean, last.mean),
      p50: Math.max(now.p50, last.p50),
      p90: Math.max(now.p90, last.p90),
      p99: Math.max(now.p99, last.p99),
      max: Math.max(now.max, last.max),
    };
  }

  /**
   * Logs a long delay of the current window, and starts the next window when the current one is over.
   *
   * @param now - The current time, by `performance.now()`.
   */
  check(now: number = performance.now()): void {
    const { max } = this.#read();
    const ms = Math.round(max * 1000);
    if (ms > LONG_DELAY && !this.#hasWarned && now - this.#warnedAt >= WINDOW) {
      this.#hasWarned = true;
      this.#warnedAt = now;
      this.#onLog(logEntry("warn", "event loop delayed", { ms }));
    }
    if (now - this.#windowStart < WINDOW) return;
    this.#lastWindow = this.#read();
    this.#windowStart = now;
    this.#hasWarned = false;
    this.#histogram.reset();
  }

  /** Stops measuring. */
  close(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #read(): EventLoopDelay {
    const histogram = this.#histogram;
    if (histogram.max === 0) return NO_DELAY;
    const seconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e9 - RESOLUTION / 1000);
    return {
      mean: seconds(histogram.mean),
      p50: seconds(histogram.percentile(50)),
      p90: seconds(histogram.percentile(90)),
      p99: seconds(histogram.percentile(99)),
      max: seconds(histogram.max),
    };
  }
}
