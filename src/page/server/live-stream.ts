/** An event of the stream: its data and the last id (WHATWG HTML 9.2.6, "Interpreting an event stream"). */
export interface StreamMessage {
  readonly data: string;
  readonly lastEventId: string;
}

/** The part of the browser's `EventSource` (WHATWG HTML 9.2.2) that is used here; tests pass their own. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: StreamMessage) => void): void;
  close(): void;
}

/**
 * The state of the tab's connection. `waiting` is the page's own pause before the next attempt; `until` is in
 * milliseconds since 1970.
 */
export type StreamState =
  | { readonly type: "idle" | "connecting" | "live" | "reconnecting" }
  | {
      readonly type: "waiting";
      /** `full`: the server answers, but ends every stream at once. */
      readonly reason: "lost" | "full";
      readonly until: number;
    };

/** A stream to open, and its listeners. */
export interface StreamTarget {
  readonly path: string;
  /** Whether the page's own reconnections resume after the last id. (Those of the browser always do.) */
  readonly resume: boolean;
  /** Called with the parsed JSON of each event of this type. */
  readonly on: Readonly<Record<string, (data: unknown) => void>>;
  /** Called on each connect. */
  readonly opened?: (() => void) | undefined;
  /** Called when the server refuses or is unavailable. The stream retries unless this opens or closes a stream. */
  readonly failed?: (() => void) | undefined;
}

/** The environment of a {@link LiveStream}. */
export interface LiveStreamOptions {
  readonly connect: (url: string) => EventSourceLike;
  readonly onState: (state: StreamState) => void;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const CLOSED = 2;

/**
 * A stream that ends within this time, in milliseconds, without an event was turned away: a full server answers 200
 * with a reconnection time and ends the stream, because a browser never reconnects after any other status.
 */
const TRIAL = 2000;

/** The number of consecutive refusals after which the page reports that the server is full. */
const TRIALS_BEFORE_WAITING = 2;

/** The pause for a full server starts with that of this attempt, some seconds, to keep load off the server. */
const FULL_ATTEMPT = 3;

/** The browser may take this long to reconnect, in milliseconds, before the page takes over and says so. */
const PATIENCE = 20_000;

/**
 * Returns the pause before the page's next attempt, in milliseconds: up to 1 s, 2 s, 4 s ... 30 s. The upper half is
 * random, so that the tabs that a restart disconnected do not all reconnect at the same moment.
 */
export function retryDelay(attempt: number, random: number): number {
  return Math.min(30_000, 1000 * 2 ** attempt) * (0.5 + random / 2);
}

/**
 * The only event stream of a tab: browsers allow six connections per host over HTTP/1.1, so a second stream in each of
 * a few tabs would starve the page. Opening another stream closes the previous one, whose late events are ignored.
 */
export class LiveStream {
  readonly #options: LiveStreamOptions;
  #generation = 0;
  #source: EventSourceLike | undefined;
  #target: StreamTarget | undefined;
  #lastEventId = "";
  #attempt = 0;
  /** The number of consecutive streams that were turned away. */
  #turnedAway = 0;
  /** The time at which the stream opened, in milliseconds since 1970; `undefined` after its first event or its end. */
  #openedAt: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
  }

  /** Closes the open stream and opens another one from its beginning. */
  open(target: StreamTarget): void {
    this.close();
    this.#target = target;
    this.#connect(target);
  }

  /** Closes the stream. Its events are no longer delivered. */
  close(): void {
    this.#disconnect();
    this.#target = undefined;
    this.#lastEventId = "";
    this.#attempt = 0;
    this.#turnedAway = 0;
    this.#options.onState({ type: "idle" });
  }

  /** Ends the page's pause before the next attempt, if there is one. */
  retryNow(): void {
    if (this.#target === undefined || this.#source !== undefined) return;
    this.#disconnect();
    this.#connect(this.#target);
  }

  #connect(target: StreamTarget): void {
    const generation = this.#generation;
    const isCurrent = (): boolean => generation === this.#generation;
    this.#options.onState({ type: "connecting" });
    const source = this.#options.connect(this.#url(target));
    this.#source = source;
    source.addEventListener("open", () => {
      if (!isCurrent()) return;
      this.#stopTimer();
      this.#openedAt = Date.now();
      if (this.#turnedAway === 0) this.#goLive(target);
      else this.#timer = setTimeout(() => this.#accept(target), TRIAL);
    });
    source.addEventListener("error", () => {
      if (!isCurrent()) return;
      this.#noteEnd();
      if (this.#turnedAway >= TRIALS_BEFORE_WAITING) {
        this.#attempt = Math.max(this.#attempt, FULL_ATTEMPT);
        this.#retryLater(target, "full");
        return;
      }
      if (source.readyState === CLOSED) {
        this.#retryLater(target, "lost");
        return;
      }
      this.#options.onState({ type: "reconnecting" });
      this.#timer ??= setTimeout(() => this.#retryLater(target, "lost"), PATIENCE);
    });
    for (const [type, listener] of Object.entries(target.on)) {
      source.addEventListener(type, (event) => {
        if (!isCurrent()) return;
        if (this.#openedAt !== undefined) this.#accept(target);
        this.#lastEventId = event.lastEventId;
        listener(JSON.parse(event.data));
      });
    }
  }

  /** The server has accepted the stream. */
  #accept(target: StreamTarget): void {
    const wasDoubtful = this.#turnedAway > 0;
    this.#turnedAway = 0;
    this.#openedAt = undefined;
    if (wasDoubtful) this.#goLive(target);
  }

  #goLive(target: StreamTarget): void {
    this.#stopTimer();
    this.#attempt = 0;
    this.#options.onState({ type: "live" });
    target.opened?.();
  }

  /** Notes the end of the stream. An attempt that never opened does not show whether the server is full. */
  #noteEnd(): void {
    if (this.#openedAt === undefined) return;
    this.#stopTimer();
    this.#turnedAway = Date.now() - this.#openedAt < TRIAL ? this.#turnedAway + 1 : 0;
    this.#openedAt = undefined;
  }

  /** Any status but 200 closes an EventSource for good; the page retries instead. */
  #retryLater(target: StreamTarget, reason: "lost" | "full"): void {
    this.#disconnect();
    const wait = retryDelay(this.#attempt++, (this.#options.random ?? Math.random)());
    this.#timer = setTimeout(() => this.retryNow(), wait);
    this.#options.onState({ type: "waiting", reason, until: Date.now() + wait });
    target.failed?.();
  }

  #disconnect(): void {
    this.#generation++;
    this.#stopTimer();
    this.#openedAt = undefined;
    this.#source?.close();
    this.#source = undefined;
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #url(target: StreamTarget): string {
    if (!target.resume || this.#lastEventId === "") return target.path;
    return `${target.path}?lastEventId=${encodeURIComponent(this.#lastEventId)}`;
  }
}
