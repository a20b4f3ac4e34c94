import { TailcastError } from "../../error.ts";
import { HttpError } from "../../http/http-error.ts";
import { searchInThread } from "./search-thread.ts";
import type { LineQuery } from "../../terminal/line-pattern.ts";
import type { LogSource } from "./log-pieces.ts";
import type { SearchReport } from "./search-report.ts";

/** The maximum number of searches that run at the same time, and that wait. */
const MAX_RUNNING = 2;
const MAX_WAITING = 16;

/** The maximum number of searches of one address that run or wait. */
const MAX_PER_ADDRESS = 8;

/** The maximum time for which a search waits, in milliseconds. */
const MAX_WAIT = 30_000;

/** A search of a client. */
export interface ClientSearch {
  /** The key under which the limits count the client. */
  readonly address: string;
  readonly query: LineQuery;
  /** The number of the first line that is searched. */
  readonly from: number;
  /** Returns the log. Called when the search starts. */
  readonly openLog: () => Promise<LogSource>;
  /** Called with each report. The last one has `end`. */
  readonly onReport: (report: SearchReport) => void;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
}

/** A search that runs or waits. */
class Place {
  readonly address: string;
  readonly stop: AbortController = new AbortController();
  isRunning = false;
  /** Settles when the search is over. */
  over: Promise<void> = Promise.resolve();
  /** Called when it may start. */
  onStart: () => void = () => undefined;

  constructor(address: string) {
    this.address = address;
  }

  start(): void {
    this.isRunning = true;
    this.onStart();
  }
}

/**
 * Searches in the logs of builds. Each search runs in a thread. A few searches run at the same time, and a few wait:
 * those of clients without a running search start first.
 */
export class LogSearches {
  readonly #places = new Set<Place>();
  #isClosed = false;

  /** The number of searches that run. */
  get running(): number {
    return [...this.#places].filter(({ isRunning }) => isRunning).length;
  }

  /**
   * Searches a log. Resolves after the last report, and rejects without it; the thread has ended by then.
   *
   * @throws {HttpError} Before any report: `TOO_MANY_REQUESTS`, `TOO_MANY_CLIENTS` or `INVALID_PATTERN`.
   * @throws {TailcastError} `SHUTTING_DOWN`
   */
  async search(search: ClientSearch): Promise<void> {
    const place = this.#enter(search.address);
    place.over = this.#run(place, search).finally(() => {
      this.#places.delete(place);
      this.#startNext();
    });
    await place.over;
  }

  /** Ends all searches. Resolves when their threads have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { stop } of this.#places) stop.abort(shuttingDown());
    await Promise.allSettled(Array.from(this.#places, ({ over }) => over));
  }

  #enter(address: string): Place {
    if (this.#isClosed) throw shuttingDown();
    const own = [...this.#places].filter((place) => place.address === address).length;
    if (own >= MAX_PER_ADDRESS) {
      const reason = `the limit of ${MAX_PER_ADDRESS} searches for one address is reached`;
      throw new HttpError("TOO_MANY_REQUESTS", `Cannot search: ${reason}; try again later`);
    }
    if (this.#places.size >= MAX_RUNNING + MAX_WAITING) throw tooMany();
    const place = new Place(address);
    this.#places.add(place);
    return place;
  }

  async #run(place: Place, { signal, openLog, query, from, onReport }: ClientSearch): Promise<void> {
    const onLeave = (): void => place.stop.abort(signal.reason);
    signal.addEventListener("abort", onLeave);
    try {
      if (signal.aborted) onLeave();
      await this.#turn(place);
      await searchInThread({ log: await openLog(), query, from }, onReport, place.stop.signal);
    } finally {
      signal.removeEventListener("abort", onLeave);
    }
  }

  /** Resolves when a search may start. */
  async #turn(place: Place): Promise<void> {
    const { signal } = place.stop;
    const timer = setTimeout(() => place.stop.abort(tooMany()), MAX_WAIT);
    const turn = new Promise<void>((resolve, reject) => {
      place.onStart = resolve;
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    this.#startNext();
    await turn.finally(() => clearTimeout(timer));
  }

  #startNext(): void {
    while (this.running < MAX_RUNNING) {
      const waiting = [...this.#places].filter(({ isRunning }) => !isRunning);
      const busy = new Set(Array.from(this.#places, ({ isRunning, address }) => (isRunning ? address : undefined)));
      const next = waiting.find(({ address }) => !busy.has(address)) ?? waiting[0];
      if (next === undefined) return;
      next.start();
    }
  }
}

function tooMany(): HttpError {
  return new HttpError("TOO_MANY_CLIENTS", "Cannot search: too many searches are running; try again later");
}

function shuttingDown(): TailcastError {
  return new TailcastError("SHUTTING_DOWN", "Cannot search: the server is shutting down");
}
