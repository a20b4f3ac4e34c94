import { SILENCE_LIMIT } from "./hub-protocol.ts";
import { HubSource } from "./hub-source.ts";
import type { HubMessage, HubPort, TabMessage } from "./hub-protocol.ts";
import type { EventSourceLike } from "./live-stream.ts";

/** How long the hub may take to answer for the first time, in milliseconds. */
const START_TIMEOUT = 5000;

/** The interval of the checks that the hub still runs, in milliseconds. */
const CHECK_INTERVAL = 5000;

/** A connection to the hub. */
export interface HubConnection {
  readonly port: HubPort<TabMessage, HubMessage>;
  /** Calls the listener when the worker fails to start. */
  onFailure(listener: () => void): void;
}

/** The environment of a {@link HubClient}. */
export interface HubClientOptions {
  /** Connects to the hub; throws if this browser cannot. */
  readonly connectHub: () => HubConnection;
  /** Opens a stream without the hub. */
  readonly connect: (url: string) => EventSourceLike;
  /** Whether all streams share one connection (HTTP/2). */
  readonly isMultiplexed: () => boolean;
}

type State = "idle" | "starting" | "ready" | "unavailable";

/** A tab's connection to the hub. If there is no hub, the tab opens streams of its own, as it would without one. */
export class HubClient {
  readonly #options: HubClientOptions;
  readonly #sources = new Map<number, HubSource>();
  #state: State = "idle";
  #port: HubPort<TabMessage, HubMessage> | undefined;
  #lastSource = 0;
  #heardAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: HubClientOptions) {
    this.#options = options;
  }

  /**
   * Opens a stream, when the caller has added its listeners.
   *
   * @param isComplete - Whether the tab must receive every event after the last id of the address.
   */
  connect(url: string, isComplete: boolean): EventSourceLike {
    const number = ++this.#lastSource;
    const source = new HubSource(url, isComplete, () => {
      this.#sources.delete(number);
      this.#port?.postMessage({ type: "close", source: number });
    });
    this.#sources.set(number, source);
    queueMicrotask(() => {
      if (this.#sources.get(number) === source) this.#open(number, source);
    });
    return source;
  }

  /** Leaves the hub, because the page ends or is put aside. */
  leave(): void {
    this.#port?.postMessage({ type: "bye" });
    this.#disconnect();
  }

  /** Fails all sources, whose streams have ended without the hub. The page then opens them again. */
  restart(): void {
    if (this.#state === "unavailable") return;
    this.leave();
    const sources = [...this.#sources.values()];
    this.#sources.clear();
    for (const source of sources) source.failed(true);
  }

  #open(number: number, source: HubSource): void {
    if (this.#state === "idle") this.#start();
    if (this.#port === undefined) source.useOwn(this.#options.connect);
    else this.#port.postMessage({ type: "open", source: number, request: source.request });
  }

  #start(): void {
    this.#state = "starting";
    try {
      const { port, onFailure } = this.#options.connectHub();
      const isCurrent = (): boolean => port === this.#port;
      this.#port = port;
      onFailure(() => {
        if (isCurrent()) this.#doWithout();
      });
      port.addEventListener("message", ({ data }) => {
        if (isCurrent()) this.#receive(data);
      });
      port.start();
      port.postMessage({ type: "hello", isMultiplexed: this.#options.isMultiplexed() });
      this.#timer = setTimeout(() => this.#doWithout(), START_TIMEOUT);
    } catch {
      this.#doWithout();
    }
  }

  #receive(message: HubMessage): void {
    this.#heardAt = Date.now();
    if (this.#state === "starting") {
      this.#state = "ready";
      this.#check();
    }
    if (message.type === "ping") {
      this.#port?.postMessage({ type: "pong" });
      return;
    }
    const source = this.#sources.get(message.source);
    if (message.type === "events") source?.receive(message.events);
    else if (message.type === "failed") {
      if (message.isClosed) this.#sources.delete(message.source);
      source?.failed(message.isClosed);
    } else if (message.type === "opened") source?.opened();
    else source?.waits();
  }

  /** Starts another hub when this one no longer answers. */
  #check(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (Date.now() - this.#heardAt >= SILENCE_LIMIT) this.restart();
      else this.#check();
    }, CHECK_INTERVAL);
  }

  #doWithout(): void {
    this.leave();
    this.#state = "unavailable";
    for (const source of this.#sources.values()) source.useOwn(this.#options.connect);
  }

  #disconnect(): void {
    clearTimeout(this.#timer);
    this.#state = "idle";
    this.#port?.close();
    this.#port = undefined;
  }
}
