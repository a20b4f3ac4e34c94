import { checkNames, checkValue, kinds } from "../check-options.ts";
import { follow } from "./follow.ts";
import type { OptionNames } from "../check-options.ts";
import type { EventFollower } from "./follow.ts";
import type { FollowOptions } from "./follow-options.ts";

/** The options of {@link EventSource}: that of the standard, and those of `follow()` that a page does not have. */
export interface EventSourceOptions
  extends Pick<FollowOptions, "fetch" | "headers" | "lastEventId" | "maxEventBytes" | "retry" | "silence"> {
  /** Accepted for code that is written for browsers. Node has no cookies, so it has no effect. Default false. */
  readonly withCredentials?: boolean | undefined;
}

const optionNames: OptionNames<EventSourceOptions> = {
  fetch: true,
  headers: true,
  lastEventId: true,
  maxEventBytes: true,
  retry: true,
  silence: true,
  withCredentials: true,
};

type Listener<EventType> = ((this: EventSource, event: EventType) => unknown) | null;

/**
 * The `EventSource` of the standard (WHATWG HTML 9.2.2) for programs in Node. It reads the stream with `follow()`.
 *
 * It differs from a browser's in three ways. Options add what `follow()` can do, such as headers. After consecutive
 * failures, the reconnection time grows up to `retry.max`. There is no CORS, and `withCredentials` has no effect.
 */
export class EventSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSED = 2;
  readonly url: string;
  readonly withCredentials: boolean;
  readonly #origin: string;
  readonly #follower: EventFollower;
  readonly #handlers = new Map<string, { handler: unknown; listener: (event: Event) => void }>();
  #readyState: 0 | 1 | 2 = EventSource.CONNECTING;

  /** @throws {DOMException} `SyntaxError` for an address that is not a URL. @throws {TailcastError} `INVALID_OPTION` */
  constructor(url: string | URL, options: EventSourceOptions = {}) {
    super();
    checkNames(options, optionNames);
    const { withCredentials = false, ...others } = options;
    this.withCredentials = checkValue("withCredentials", withCredentials, kinds.boolean);
    const { location } = globalThis as { location?: { href: string } };
    const parsed = URL.canParse(String(url), location?.href) ? new URL(url, location?.href) : undefined;
    if (parsed === undefined) {
      throw new DOMException(`Cannot open an EventSource: "${String(url)}" is not a URL`, "SyntaxError");
    }
    this.url = parsed.href;
    this.#origin = parsed.origin;
    this.#follower = follow(parsed, {
      ...others,
      onConnection: ({ state, error }) => {
        if (state === "open") this.#opened();
        else if (state === "waiting") this.#failed(EventSource.CONNECTING, error);
      },
    });
    void this.#run();
  }

  /** One of {@link CONNECTING}, {@link OPEN} and {@link CLOSED}. */
  get readyState(): 0 | 1 | 2 {
    return this.#readyState;
  }

  get onopen(): Listener<Event> {
    return this.#handler("open");
  }

  set onopen(handler: Listener<Event>) {
    this.#setHandler("open", handler);
  }

  get onmessage(): Listener<MessageEvent> {
    return this.#handler("message");
  }

  set onmessage(handler: Listener<MessageEvent>) {
    this.#setHandler("message", handler);
  }

  get onerror(): Listener<Event> {
    return this.#handler("error");
  }

  set onerror(handler: Listener<Event>) {
    this.#setHandler("error", handler);
  }

  /** Closes the connection for good. */
  close(): void {
    this.#readyState = EventSource.CLOSED;
    void this.#follower.return();
  }

  async #run(): Promise<void> {
    let failure: unknown;
    try {
      for await (const { type, data, lastEventId } of this.#follower) {
        if (this.#readyState === EventSource.CLOSED) return;
        this.dispatchEvent(new MessageEvent(type, { data, lastEventId, origin: this.#origin }));
      }
    } catch (error) {
      failure = error;
    }
    // The server has refused the stream, or ended it with 204.
    this.#failed(EventSource.CLOSED, failure);
  }

  #opened(): void {
    if (this.#readyState === EventSource.CLOSED) return;
    this.#readyState = EventSource.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  #failed(readyState: 0 | 2, error: unknown): void {
    if (this.#readyState === EventSource.CLOSED) return;
    this.#readyState = readyState;
    // Browsers do not tell the reason. Programs need it, since they have no console of a browser.
    this.dispatchEvent(Object.assign(new Event("error"), { error }));
  }

  #handler<EventType>(type: string): Listener<EventType> {
    return (this.#handlers.get(type)?.handler ?? null) as Listener<EventType>;
  }

  /** As for every event handler (HTML 8.1.8.1), a new handler takes the place of the old one among the listeners. */
  #setHandler<EventType>(type: string, handler: Listener<EventType>): void {
    const known = this.#handlers.get(type);
    if (typeof handler !== "function") {
      if (known !== undefined) this.removeEventListener(type, known.listener);
      this.#handlers.delete(type);
    } else if (known !== undefined) {
      known.handler = handler;
    } else {
      const entry = {
        handler: handler as unknown,
        listener: (event: Event): void => void (entry.handler as (event: Event) => unknown).call(this, event),
      };
      this.#handlers.set(type, entry);
      this.addEventListener(type, entry.listener);
    }
  }
}
