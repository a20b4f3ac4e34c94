import { NO_PLACE } from "./hub-protocol.ts";
import type { HubEvent, HubRequest } from "./hub-protocol.ts";
import type { EventSourceLike, StreamMessage } from "./live-stream.ts";

type Listener = (event: StreamMessage) => void;

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

const NOTHING: StreamMessage = { data: "", lastEventId: "" };

/** A tab's side of a stream in the hub. It behaves like an `EventSource`. */
export class HubSource implements EventSourceLike {
  readonly #url: string;
  readonly #isComplete: boolean;
  readonly #closed: () => void;
  readonly #listeners = new Map<string, Listener>();
  /** The tab's own source, if there is no hub. */
  #own: EventSourceLike | undefined;
  #readyState = CONNECTING;

  /**
   * @param url - The path, with the last event id if there is one.
   * @param isComplete - Whether the tab must receive every event.
   * @param closed - Called when the page closes the source.
   */
  constructor(url: string, isComplete: boolean, closed: () => void) {
    this.#url = url;
    this.#isComplete = isComplete;
    this.#closed = closed;
  }

  /** The state, with the values of `EventSource`. */
  get readyState(): number {
    return this.#own?.readyState ?? this.#readyState;
  }

  /** The stream as the hub opens it. The listeners must have been added. */
  get request(): HubRequest {
    const [path = "", query] = this.#url.split("?");
    const lastEventId = new URLSearchParams(query).get("lastEventId") ?? "";
    const types = [...this.#listeners.keys()].filter((type) => !["open", "error", NO_PLACE].includes(type));
    return { path, types, isComplete: this.#isComplete, lastEventId };
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener);
  }

  close(): void {
    if (this.#readyState === CLOSED) return;
    this.#readyState = CLOSED;
    this.#own?.close();
    this.#closed();
  }

  /** Follows the stream without the hub. */
  useOwn(connect: (url: string) => EventSourceLike): void {
    if (this.#own !== undefined) return;
    this.#own = connect(this.#url);
    for (const [type, listener] of this.#listeners) this.#own.addEventListener(type, listener);
  }

  /** Notes that the stream is open. */
  opened(): void {
    this.#readyState = OPEN;
    this.#fire("open");
  }

  /** Notes that the stream has failed; with `isClosed`, for good. */
  failed(isClosed: boolean): void {
    this.#readyState = isClosed ? CLOSED : CONNECTING;
    this.#fire("error");
  }

  /** Notes that there is no connection for the stream yet. */
  waits(): void {
    this.#fire(NO_PLACE);
  }

  /** Delivers events, until a listener closes the source. */
  receive(events: readonly HubEvent[]): void {
    for (const { type, data, lastEventId } of events) {
      if (this.#readyState === CLOSED) return;
      this.#fire(type, { data, lastEventId });
    }
  }

  #fire(type: string, event = NOTHING): void {
    this.#listeners.get(type)?.(event);
  }
}
