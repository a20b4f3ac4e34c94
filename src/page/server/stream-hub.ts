import { PING_INTERVAL, SILENCE_LIMIT } from "./hub-protocol.ts";
import { SharedStream } from "./shared-stream.ts";
import type { HubEvent, HubMessage, HubPort, HubRequest, TabMessage } from "./hub-protocol.ts";
import type { EventSourceLike } from "./live-stream.ts";
import type { StreamMember } from "./shared-stream.ts";

/**
 * The maximum number of streams over HTTP/1.1, where a browser has six connections to a server: requests, such as
 * Cancel, always find a free one.
 */
const MAX_STREAMS = 4;

/** How long events of a tab are collected before they are sent to it, in milliseconds. */
const BATCH_DELAY = 10;

type TabPort = HubPort<HubMessage, TabMessage>;

/**
 * The streams of all tabs of a browser. Tabs that follow the same path share one connection. It uses no document, and
 * runs in a `SharedWorker`.
 */
export class StreamHub {
  readonly #connect: (url: string) => EventSourceLike;
  readonly #streams = new Map<string, SharedStream>();
  /** The sources for which there is no connection, the oldest first. */
  readonly #waiting = new Set<HubSourceMember>();
  #maxStreams = MAX_STREAMS;

  constructor(connect: (url: string) => EventSourceLike) {
    this.#connect = connect;
  }

  /** Serves a tab until it leaves, or sends nothing for {@link SILENCE_LIMIT}. */
  serve(port: TabPort): void {
    const sources = new Map<number, HubSourceMember>();
    let heardAt = Date.now();
    const leave = (): void => {
      clearInterval(pings);
      port.close();
      for (const source of sources.values()) this.#remove(source);
      sources.clear();
    };
    const pings = setInterval(() => {
      if (Date.now() - heardAt >= SILENCE_LIMIT) leave();
      else port.postMessage({ type: "ping" });
    }, PING_INTERVAL);
    port.addEventListener("message", ({ data: message }) => {
      heardAt = Date.now();
      if (message.type === "hello") {
        if (message.isMultiplexed) this.#maxStreams = Infinity;
        this.#promote();
      } else if (message.type === "open") {
        const source = new HubSourceMember(message.source, message.request, port, (ended) => this.#remove(ended));
        sources.set(message.source, source);
        this.#add(source);
      } else if (message.type === "close") {
        const source = sources.get(message.source);
        sources.delete(message.source);
        if (source !== undefined) this.#remove(source);
      } else if (message.type === "bye") leave();
    });
    port.start();
    port.postMessage({ type: "ping" });
  }

  #add(source: HubSourceMember): void {
    const key = keyOf(source.request);
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      if (this.#streams.size >= this.#maxStreams) {
        this.#waiting.add(source);
        source.tellNoPlace();
        return;
      }
      stream = new SharedStream(this.#connect, source.request);
      this.#streams.set(key, stream);
    }
    stream.join(source);
  }

  #remove(source: HubSourceMember): void {
    source.end();
    this.#waiting.delete(source);
    const key = keyOf(source.request);
    const stream = this.#streams.get(key);
    if (stream === undefined) return;
    stream.leave(source);
    if (!stream.isEmpty) return;
    this.#streams.delete(key);
    this.#promote();
  }

  /** Gives free connections to the sources that wait. */
  #promote(): void {
    for (const source of [...this.#waiting]) {
      if (this.#streams.size >= this.#maxStreams && !this.#streams.has(keyOf(source.request))) continue;
      this.#waiting.delete(source);
      this.#add(source);
    }
  }
}

function keyOf({ path, types, isComplete }: HubRequest): string {
  return JSON.stringify([path, types.toSorted(), isComplete]);
}

/** A source of a tab. Its events reach the tab in batches. */
class HubSourceMember implements StreamMember {
  readonly request: HubRequest;
  readonly #source: number;
  readonly #port: TabPort;
  readonly #closed: (source: HubSourceMember) => void;
  #batch: HubEvent[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param closed - Called when the stream has failed for good. */
  constructor(source: number, request: HubRequest, port: TabPort, closed: (source: HubSourceMember) => void) {
    this.#source = source;
    this.request = request;
    this.#port = port;
    this.#closed = closed;
  }

  opened(): void {
    this.#send({ type: "opened", source: this.#source });
  }

  receive(event: HubEvent): void {
    this.#batch.push(event);
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_DELAY);
  }

  failed(isClosed: boolean): void {
    this.#send({ type: "failed", source: this.#source, isClosed });
    if (isClosed) this.#closed(this);
  }

  /** Reports that no connection is free. */
  tellNoPlace(): void {
    this.#send({ type: "no-place", source: this.#source });
  }

  /** Drops the events that the tab has not received. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#batch = [];
  }

  #send(message: HubMessage): void {
    this.#flush();
    this.#port.postMessage(message);
  }

  #flush(): void {
    const events = this.#batch;
    this.end();
    if (events.length > 0) this.#port.postMessage({ type: "events", source: this.#source, events });
  }
}
