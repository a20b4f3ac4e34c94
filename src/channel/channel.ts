import { performance } from "node:perf_hooks";
import { MAX_DELAY, checkInteger } from "../check.ts";
import { TailcastError } from "../error.ts";
import { encodeComment, encodeEvent } from "../protocol/encode.ts";
import { acceptsEventStream } from "./accept.ts";
import { addressKey } from "./address.ts";
import { sendError } from "./answer.ts";
import { Chunk } from "./chunk.ts";
import { Client } from "./client.ts";
import { EVENT_STREAM_HEADERS } from "./connection.ts";
import { encodeGap, lagGap } from "./gap.ts";
import { jittered } from "./jitter.ts";
import { EventLog } from "./log.ts";
import { channelSettings } from "./options.ts";
import { Places } from "./places.ts";
import { Waiters, readLog } from "./reader.ts";
import { readStreamRequest } from "./request.ts";
import { Upkeep } from "./upkeep.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ChannelClient, CloseReason } from "./client.ts";
import type { Gap } from "./gap.ts";
import type { Position, PublishedEvent } from "./log.ts";
import type { ChannelOptions, ChannelSettings } from "./options.ts";

/** How much a client that catches up is sent in one turn of the event loop, so that one does not hold up the others. */
const CATCH_UP_BYTES = 256 * 1024;

/** The reconnection time, in milliseconds, where none was set but one must be told. */
const DEFAULT_RETRY = 2000;

const HEARTBEAT = new Chunk(encodeComment(""));
const PADDING = encodeComment(" ".repeat(2048));

/** Numbers about a channel. Counters only grow; the others are momentary. */
export interface ChannelStatistics {
  /** Clients connected now. */
  readonly clients: number;
  /** Events kept now, and their encoded size in bytes. */
  readonly keptEvents: number;
  readonly keptBytes: number;
  /** Events published so far. */
  readonly published: number;
  /** Events delivered so far, counted once for each client. */
  readonly delivered: number;
  /** Clients accepted so far, by how they started. */
  readonly accepted: { readonly fresh: number; readonly resumed: number; readonly gap: number };
  /** Gaps that were told so far, to clients that came back too late or lagged too far. */
  readonly gaps: number;
  /** Clients refused so far for want of room. */
  readonly refused: number;
  /** Connections ended so far, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
}

/** How {@link Channel.close} says goodbye. */
export interface CloseOptions {
  /** When clients should come back, in milliseconds; each is told a time between this and twice this, at random. Default 2000. */
  retry?: number | undefined;
  /** After how many milliseconds a connection whose client does not take the rest is dropped. Default 5000. */
  deadline?: number | undefined;
}

/**
 * A log of events that any number of clients follow over Server-Sent Events (WHATWG HTML 9.2).
 *
 * Publishing appends to the log. A client is a cursor in the log: replaying to one that comes back, keeping one up to
 * date and letting a slow one catch up are the same thing, writing from its cursor to the end for as long as its socket
 * takes it. So memory is bounded by the log, whatever the clients do.
 *
 * ```js
 * const channel = new Channel();
 * http.createServer((request, response) => channel.handle(request, response)).listen(3000);
 * channel.publish("hello");
 * ```
 *
 * The promise: every client gets events in order and at most once on a connection; who reconnects with the id it saw
 * last gets exactly what it missed, or is told in the stream, by an event `gap`, that something is gone.
 */
export class Channel {
  readonly #settings: ChannelSettings;
  readonly #log: EventLog;
  readonly #clients = new Set<Client>();
  readonly #places: Places;
  readonly #upkeep: Upkeep<Client>;
  readonly #host = { advance: (client: Client) => this.#advance(client), forget: (client: Client) => this.#forget(client) };
  readonly #readers = new Waiters();
  #flushScheduled = false;
  #ended = false;
  #closing: Promise<void> | undefined;
  #closed: (() => void) | undefined;

  #delivered = 0;
  #gaps = 0;
  #refused = 0;
  readonly #accepted = { fresh: 0, resumed: 0, gap: 0 };
  readonly #closeReasons = { left: 0, stalled: 0, aged: 0, ended: 0, closed: 0, dismissed: 0 };

  /** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
  constructor(options: ChannelOptions = {}) {
    const settings = channelSettings(options);
    this.#settings = settings;
    this.#log = new EventLog(settings.epoch, settings.capacity, settings.capacityBytes);
    this.#places = new Places(settings.maxClients, settings.maxClientsPerAddress);
    const delays = [settings.heartbeat, settings.stallTimeout, settings.maxConnectionAge].filter((delay) => delay > 0);
    this.#upkeep = new Upkeep(this.#clients, Math.min(...delays, 10_000), (client) => this.#lookAfter(client));
  }

  /** How many clients are connected. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** Numbers for logs and metrics. */
  get statistics(): ChannelStatistics {
    const { start, end, bytes, published } = this.#log;
    return {
      clients: this.#clients.size,
      keptEvents: end - start,
      keptBytes: bytes,
      published,
      delivered: this.#delivered,
      accepted: { ...this.#accepted },
      gaps: this.#gaps,
      refused: this.#refused,
      closed: { ...this.#closeReasons },
    };
  }

  /**
   * Appends an event to the log and returns its id. All events of one turn of the event loop go out together at its end.
   *
   * @param event - The data, or an object with `data` and optionally `event` (the type) and `id`. Without an id the
   * event gets `<epoch>-<sequence>`. Ids of one's own must not repeat while the channel keeps them.
   * @throws {TailcastError} `INVALID_EVENT` for what no client could read back as it was given, `EVENT_TOO_LARGE` beyond
   * `capacityBytes`, `CHANNEL_CLOSED` after `end` or `close`. Nothing is published then.
   */
  publish(event: PublishedEvent | string): string {
    this.#assertOpen("publish the event");
    const id = this.#log.append(typeof event === "string" ? { data: event } : event);
    if (this.#log.isSegmentFull) this.#flush();
    else if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      setImmediate(() => {
        this.#flushScheduled = false;
        this.#flush();
      });
    }
    return id;
  }

  /**
   * Answers a request for the event stream; the answer is complete, whatever it is.
   *
   * | answer | when |
   * |---|---|
   * | 200 | the stream: what the client missed, then what is published |
   * | 204 | the log was ended and the client has all of it: a browser then stops reconnecting |
   * | 405, with `Allow` | another method than GET or HEAD |
   * | 406 | the `Accept` header excludes `text/event-stream` |
   * | 503, with `Retry-After` | no room, or closed (see `whenFull`) |
   *
   * Headers set before with `response.setHeader` (CORS, cookies) are kept.
   *
   * @throws {TailcastError} `HEADERS_SENT` when the response was begun already.
   * @returns The client; `undefined` when the request was answered otherwise or its client has gone already.
   */
  handle(request: IncomingMessage, response: ServerResponse): ChannelClient | undefined {
    // Gone while the application was still deciding: nothing is subscribed, so that nothing can leak.
    if (response.destroyed || request.socket.destroyed) return undefined;
    if (response.headersSent) {
      throw new TailcastError("HEADERS_SENT", "Cannot open an event stream: the response was begun already");
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      const message = `Cannot ${request.method} an event stream: use GET`;
      sendError(response, 405, "METHOD_NOT_ALLOWED", message, { Allow: "GET, HEAD" });
      return undefined;
    }
    if (!acceptsEventStream(request.headers.accept)) {
      sendError(response, 406, "NOT_ACCEPTABLE", "Cannot answer in another format than text/event-stream");
      return undefined;
    }
    this.#flush();
    const { lastEventId, wantsPadding } = readStreamRequest(request);
    const position = lastEventId === "" ? this.#freshPosition() : this.#log.locate(lastEventId);
    if (this.#ended && position.outcome !== "gap" && position.next === this.#log.end) {
      response.writeHead(204, { "Cache-Control": "no-store" }).end();
      return undefined;
    }
    if (request.method === "HEAD") {
      response.writeHead(200, EVENT_STREAM_HEADERS).end();
      return undefined;
    }
    const address = addressKey(this.#settings.clientAddress(request));
    const refusal = this.#refusal(response) ?? this.#places.take(address);
    if (refusal !== undefined) {
      this.#refuse(response, refusal);
      return undefined;
    }

    const now = performance.now();
    const age = this.#settings.maxConnectionAge;
    const outcome = lastEventId === "" ? "fresh" : position.outcome;
    const client = new Client(this.#host, response, new Chunk(this.#opening(wantsPadding)), {
      outcome,
      lastEventId,
      next: position.outcome === "gap" ? this.#log.start : position.next,
      address,
      now,
      expiresAt: age === 0 ? Infinity : now + age * (0.8 + 0.2 * Math.random()),
    });
    this.#clients.add(client);
    this.#accepted[outcome]++;
    this.#upkeep.start();
    if (position.outcome === "gap") this.#tellGap(client, { lastEventId, ...position }, now);
    this.#advance(client);
    return client;
  }

  /**
   * The stream that a client with this last event id would get, without its opening and heartbeats, as bytes: for other
   * transports, and for consumers in the same process. Each piece ends with a whole event.
   *
   * It ends when the log was ended and all of it was read, when the channel is closed, or when `signal` is aborted. A
   * reader that is too slow gets a `gap`, as any client does.
   */
  read(lastEventId = "", signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const source = {
      log: this.#log,
      flush: () => this.#flush(),
      isOver: () => this.#ended || this.#closing !== undefined,
      grown: (abort: AbortSignal | undefined) => this.#readers.wait(abort),
    };
    return readLog(source, lastEventId, signal);
  }

  /**
   * Says that the log is complete. Clients get what they have not seen yet, then their stream ends; who comes back with
   * the last id is answered 204, which tells a browser to stop reconnecting.
   *
   * @throws {TailcastError} `CHANNEL_CLOSED` when the channel was closed.
   */
  end(): void {
    if (this.#ended) return;
    this.#assertOpen("end the log");
    this.#flush();
    this.#ended = true;
    for (const client of this.#clients) this.#advance(client);
    this.#readers.wake();
  }

  /**
   * Shuts the channel down: every stream ends with a `retry:` that spreads the clients' return, and new ones are refused.
   *
   * @returns When the last connection is over, at the latest after `deadline`. Further calls return the same promise.
   */
  close(options: CloseOptions = {}): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const retry = checkInteger("retry", options.retry ?? this.#settings.retry ?? DEFAULT_RETRY, { min: 0, max: (MAX_DELAY - 1) / 2 });
    const deadline = checkInteger("deadline", options.deadline ?? 5000, { min: 0, max: MAX_DELAY });
    this.#flush();
    this.#closing = new Promise((resolve) => (this.#closed = resolve));
    const timer = setTimeout(() => {
      for (const client of this.#clients) client.destroy("closed");
    }, deadline);
    void this.#closing.then(() => clearTimeout(timer));
    for (const client of this.#clients) {
      client.end("closed", new Chunk(encodeEvent({ retry: jittered(retry) })));
    }
    this.#readers.wake();
    if (this.#clients.size === 0) this.#closed?.();
    return this.#closing;
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(action: string): void {
    if (!this.#ended && this.#closing === undefined) return;
    const state = this.#ended ? "its log was ended" : "it was closed";
    throw new TailcastError("CHANNEL_CLOSED", `Cannot ${action} on the channel: ${state}`);
  }

  /** Makes what was published visible, and brings every client up to it. */
  #flush(): void {
    if (!this.#log.seal()) return;
    const now = performance.now();
    for (const client of this.#clients) this.#advance(client, now);
    // Only now: a client that keeps up has been sent everything before the oldest goes.
    this.#log.evict();
    this.#readers.wake();
  }

  /** The one way events reach a client: from its cursor to the end of the log, for as long as its socket takes them. */
  #advance(client: Client, now: number = performance.now()): void {
    if (client.isCatchingUp) return;
    let budget = CATCH_UP_BYTES;
    while (client.next < this.#log.end && !client.connection.isBlocked && !client.connection.isEnded) {
      if (budget <= 0) {
        client.isCatchingUp = true;
        setImmediate(() => {
          client.isCatchingUp = false;
          this.#advance(client);
        });
        return;
      }
      if (client.next < this.#log.start) {
        this.#tellGap(client, lagGap(this.#log, client.next), now);
        client.next = this.#log.start;
      } else {
        const segment = this.#log.segmentAt(client.next);
        const chunk = segment.chunkFrom(client.next);
        client.write(chunk, now);
        this.#delivered += segment.next - client.next;
        client.next = segment.next;
        budget -= chunk.byteLength;
      }
    }
    if (this.#ended && client.next === this.#log.end) client.end("ended");
  }

  #freshPosition(): Position {
    const { start, end } = this.#log;
    const { backlog } = this.#settings;
    return backlog === Infinity
      ? this.#log.positionFromStart()
      : { outcome: "resumed", next: Math.max(start, end - backlog) };
  }

  #tellGap(client: Client, gap: Gap, now: number): void {
    this.#gaps++;
    client.write(new Chunk(encodeGap(this.#log, gap)), now);
  }

  /** The first bytes of a stream: never empty, so that every client sees at once that it is open. */
  #opening(wantsPadding: boolean): string {
    const { retry } = this.#settings;
    return (wantsPadding ? PADDING : "") + (retry === null ? encodeComment("") : encodeEvent({ retry }));
  }

  /** Why nobody can be let in now, or not on this connection. */
  #refusal(response: ServerResponse): string | undefined {
    if (this.#closing !== undefined) return "the server is shutting down";
    // A pipelined request whose turn on its connection has not come: its stream could wait for ever for one before it.
    if (response.socket === null) return "another response on this connection is not finished";
    return undefined;
  }

  #refuse(response: ServerResponse, reason: string): void {
    this.#refused++;
    const delay = jittered(this.#settings.retryAfter);
    if (this.#settings.whenFull === "retry") {
      response.writeHead(200, EVENT_STREAM_HEADERS).end(encodeEvent({ retry: delay, comment: reason }));
    } else {
      const headers = { "Retry-After": Math.ceil(delay / 1000) };
      sendError(response, 503, "TOO_MANY_CLIENTS", `Cannot open another event stream: ${reason}; try again later`, headers);
    }
  }

  #forget(client: Client): void {
    this.#clients.delete(client);
    this.#places.free(client.address);
    this.#closeReasons[client.closeReason]++;
    if (this.#clients.size === 0) {
      this.#upkeep.stop();
      this.#closed?.();
    }
  }

  /** Heartbeat, stall and age of one client. */
  #lookAfter(client: Client): void {
    const { heartbeat, stallTimeout, retry } = this.#settings;
    const { connection } = client;
    const now = performance.now();
    if (stallTimeout > 0 && now - client.blockedSince >= stallTimeout) {
      client.destroy("stalled");
    } else if (connection.isBlocked || connection.isEnded) {
      // A client that does not take what it has got would only have to take more.
    } else if (now >= client.expiresAt) {
      client.end("aged", new Chunk(encodeEvent({ retry: jittered(retry ?? DEFAULT_RETRY) })));
    } else if (heartbeat > 0 && now - client.lastWriteAt > heartbeat - this.#upkeep.period) {
      // Already now: the next visit may be too late.
      client.write(HEARTBEAT, now);
    }
  }
}
