/** What an event stream brings: the data and the id (WHATWG HTML 9.2.6, "Interpreting an event stream"). */
export interface StreamMessage {
  readonly data: string;
  readonly lastEventId: string;
}

/** The part of the browser's `EventSource` (WHATWG HTML 9.2.2) that is used here; a test hands in its own. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: StreamMessage) => void): void;
  close(): void;
}

/**
 * How the tab's one connection is doing. `waiting` is our own pause before trying again; `until` is in milliseconds
 * since 1970.
 */
export type StreamState =
  | { readonly type: "idle" | "connecting" | "live" | "reconnecting" }
  | {
      readonly type: "waiting";
      /** `full`: the server answers, but ends every stream at once. */
      readonly reason: "lost" | "full";
      readonly until: number;
    };

/** What to open, and who listens. */
export interface StreamTarget {
  readonly path: string;
  /** Go on after the last id seen when we reconnect by ourselves (the browser does so anyway when it does). */
  readonly resume: boolean;
  /** Called with the parsed JSON of each event of this type. */
  readonly on: Readonly<Record<string, (data: unknown) => void>>;
  /** Connected, for the first time or again. */
  readonly opened?: (() => void) | undefined;
  /** The server refused or is away. The stream retries unless this opens or closes another. */
  readonly failed?: (() => void) | undefined;
}

/** What a {@link LiveStream} stands on. */
export interface LiveStreamOptions {
  readonly connect: (url: string) => EventSourceLike;
  readonly onState: (state: StreamState) => void;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const CLOSED = 2;

/**
 * A stream that ends within this time, in milliseconds, without an event was turned away: a server without room answers
 * 200 with a reconnection time and ends, because after any other answer a browser never comes back.
 */
const TRIAL = 2000;

/** After so many in a row it is no accident, and the person is told. */
const TRIALS_BEFORE_WAITING = 2;

/** The pause for a full server begins with that of this attempt, some seconds: who comes back at once is in the way. */
const FULL_ATTEMPT = 3;

/** The browser's own reconnecting may take this long, in milliseconds, before we take over and say so. */
const PATIENCE = 20_000;

/**
 * The pause before our own next attempt, in milliseconds: up to 1 s, 2 s, 4 s ... 30 s, of which the upper half is
 * random, so that all the tabs that a restart cut off do not come back at the same moment.
 */
export function retryDelay(attempt: number, random: number): number {
  return Math.min(30_000, 1000 * 2 ** attempt) * (0.5 + random / 2);
}

/**
 * The one event stream a tab holds: browsers allow six connections for a host on HTTP/1.1, so a second stream in each
 * of a few tabs would starve the page. Opening another stream closes the one before, whose late events then reach
 * nobody.
 */
export class LiveStream {
  readonly #options: LiveStreamOptions;
  #generation = 0;
  #source: EventSourceLike | undefined;
  #target: StreamTarget | undefined;
  #lastEventId = "";
  #attempt = 0;
  /** Streams in a row that were turned away. */
  #turnedAway = 0;
  /** When the stream was opened, in milliseconds since 1970, until it has brought an event or ended. */
  #openedAt: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
  }

  /** Closes what is open and opens another stream, from its beginning. */
  open(target: StreamTarget): void {
    this.close();
    this.#target = target;
    this.#connect(target);
  }

  /** Closes the stream; nothing of it is delivered any more. */
  close(): void {
    this.#disconnect();
    this.#target = undefined;
    this.#lastEventId = "";
    this.#attempt = 0;
    this.#turnedAway = 0;
    this.#options.onState({ type: "idle" });
  }

  /** Ends our own pause before the next attempt, if there is one. */
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

  /** The stream has proved that it stays. */
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

  /** The stream has ended; an attempt that never opened says nothing about room. */
  #noteEnd(): void {
    if (this.#openedAt === undefined) return;
    this.#stopTimer();
    this.#turnedAway = Date.now() - this.#openedAt < TRIAL ? this.#turnedAway + 1 : 0;
    this.#openedAt = undefined;
  }

  /** Any answer but 200 closes an EventSource for good; from here on, trying again is our own affair. */
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
