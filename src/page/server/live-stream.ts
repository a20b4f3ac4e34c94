import { NO_PLACE } from "./hub-protocol.ts";
import { RetryPolicy, TRIAL } from "./retry-policy.ts";

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
 * The state of the tab's connection. `polling`: other tabs use all connections, so the tab sends requests. `waiting` is
 * the page's own pause before the next attempt; `until` is in milliseconds since 1970.
 */
export type StreamState =
  | { readonly type: "idle" | "connecting" | "live" | "polling" | "reconnecting" }
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
  /**
   * Called before the first connect; resolves with the id after which the stream begins. Without an id nothing is
   * connected, because the target has changed. A rejection counts as a failed connect. Default: the stream begins with
   * its first event.
   */
  readonly begin?: (() => Promise<string | undefined>) | undefined;
  /** Called with the parsed JSON of each event of this type. */
  readonly on: Readonly<Record<string, (data: unknown) => void>>;
  /** Called on each connect. */
  readonly opened?: (() => void) | undefined;
  /** Called when the server refuses or is unavailable. The stream retries unless this opens or closes a stream. */
  readonly failed?: (() => void) | undefined;
  /** Requests what has changed, while no connection is free for the stream. An answer may be needed no longer. */
  readonly poll?: ((isNeeded: () => boolean) => Promise<void>) | undefined;
}

/** The environment of a {@link LiveStream}. */
export interface LiveStreamOptions {
  /** Opens a source. With `isComplete`, it must have every event after the last id of the address. */
  readonly connect: (url: string, isComplete: boolean) => EventSourceLike;
  readonly onState: (state: StreamState) => void;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const OPEN = 1;
const CLOSED = 2;

/** The browser may take this long to reconnect, in milliseconds, before the page takes over and says so. */
const PATIENCE = 20_000;

/** The pause between two requests while no connection is free, in milliseconds. */
const POLL_PAUSE = 1000;

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
  #policy = new RetryPolicy();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isPaused = false;
  /** The source for which no connection is free. */
  #waiting: EventSourceLike | undefined;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
  }

  /** Closes the open stream and opens another one from its beginning. */
  open(target: StreamTarget): void {
    this.close();
    this.#target = target;
    this.#start(target);
  }

  /** Closes the stream. Its events are no longer delivered. */
  close(): void {
    this.#disconnect();
    this.#target = undefined;
    this.#isPaused = false;
    this.#lastEventId = "";
    this.#policy = new RetryPolicy();
    this.#options.onState({ type: "idle" });
  }

  /** Gives the connection back, until {@link unpause} continues the stream after its last event. */
  pause(): void {
    this.#isPaused = true;
    this.#disconnect();
    this.#options.onState({ type: "idle" });
  }

  /** Continues a paused stream. */
  unpause(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.retryNow();
  }

  /** Connects now, unless the stream is open, paused, or waits for a free connection. */
  retryNow(): void {
    if (this.#target === undefined || this.#isPaused) return;
    if (this.#source?.readyState === OPEN || this.#waiting !== undefined) return;
    this.#disconnect();
    this.#start(this.#target);
  }

  #start(target: StreamTarget): void {
    if (target.begin === undefined || this.#lastEventId !== "") this.#connect(target);
    else void this.#begin(target, target.begin);
  }

  async #begin(target: StreamTarget, begin: () => Promise<string | undefined>): Promise<void> {
    const generation = this.#generation;
    this.#options.onState({ type: "connecting" });
    try {
      const lastEventId = await begin();
      if (generation !== this.#generation || lastEventId === undefined) return;
      this.#lastEventId = lastEventId;
      this.#connect(target);
    } catch {
      if (generation === this.#generation) this.#retryLater(target);
    }
  }

  #connect(target: StreamTarget): void {
    const generation = this.#generation;
    const isCurrent = (): boolean => generation === this.#generation;
    this.#options.onState({ type: "connecting" });
    const source = this.#options.connect(this.#url(target), target.resume);
    let hasFailed = false;
    this.#source = source;
    source.addEventListener("open", () => {
      if (!isCurrent()) return;
      hasFailed = false;
      this.#waiting = undefined;
      this.#stopTimer();
      this.#policy.opened(Date.now());
      if (!this.#policy.isDoubtful) this.#goLive(target);
      else this.#timer = setTimeout(() => this.#accept(target), TRIAL);
    });
    source.addEventListener("error", () => {
      if (!isCurrent()) return;
      if (this.#policy.isOnTrial) this.#stopTimer();
      this.#policy.ended(Date.now());
      // After one failed attempt of the browser, the page takes over, because it can show when the next one follows.
      if (this.#policy.isFull || source.readyState === CLOSED || hasFailed) {
        this.#retryLater(target);
        return;
      }
      hasFailed = true;
      this.#options.onState({ type: "reconnecting" });
      this.#timer ??= setTimeout(() => this.#retryLater(target), PATIENCE);
    });
    source.addEventListener(NO_PLACE, () => {
      if (!isCurrent()) return;
      this.#waiting = source;
      void this.#poll(target, source);
    });
    for (const [type, listener] of Object.entries(target.on)) {
      source.addEventListener(type, (event) => {
        if (!isCurrent()) return;
        if (this.#policy.isOnTrial) this.#accept(target);
        this.#lastEventId = event.lastEventId;
        listener(JSON.parse(event.data));
      });
    }
  }

  /** Sends requests until the source opens. */
  async #poll(target: StreamTarget, source: EventSourceLike): Promise<void> {
    this.#options.onState({ type: "polling" });
    const isNeeded = (): boolean => this.#waiting === source;
    try {
      await target.poll?.(isNeeded);
    } catch {
      // The next request shows whether the server is back.
    }
    if (!isNeeded()) return;
    this.#timer = setTimeout(() => void this.#poll(target, source), POLL_PAUSE);
  }

  /** Notes that the server has accepted the stream. */
  #accept(target: StreamTarget): void {
    const wasDoubtful = this.#policy.isDoubtful;
    this.#policy.accepted();
    if (wasDoubtful) this.#goLive(target);
  }

  #goLive(target: StreamTarget): void {
    this.#stopTimer();
    this.#policy.connected();
    this.#options.onState({ type: "live" });
    target.opened?.();
  }

  /** Any status but 200 closes an EventSource for good; the page retries instead. */
  #retryLater(target: StreamTarget): void {
    this.#disconnect();
    const wait = this.#policy.nextDelay((this.#options.random ?? Math.random)());
    this.#timer = setTimeout(() => this.retryNow(), wait);
    this.#options.onState({ type: "waiting", reason: this.#policy.isFull ? "full" : "lost", until: Date.now() + wait });
    target.failed?.();
  }

  #disconnect(): void {
    this.#generation++;
    this.#stopTimer();
    this.#policy.disconnected();
    this.#source?.close();
    this.#source = undefined;
    this.#waiting = undefined;
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
