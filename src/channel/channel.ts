import { performance } from "node:perf_hooks";
import { MAX_DELAY, checkInteger } from "../check-options.ts";
import { TailcastError } from "../error.ts";
import { encodeComment, encodeEvent } from "../protocol/encode.ts";
import { prefersGzip } from "../http/accept.ts";
import { addressKey } from "../http/address-key.ts";
import { admit } from "./clients/admission.ts";
import { addVary, sendReply } from "../http/reply.ts";
import { ClientSet } from "./clients/client-set.ts";
import { EncodedBytes } from "./log/encoded-bytes.ts";
import { EVENT_STREAM_HEADERS } from "./connections/connection.ts";
import { diagnostics } from "./diagnostics.ts";
import { FetchConnection } from "./connections/fetch-connection.ts";
import { EventLog } from "./log/event-log.ts";
import { NodeConnection } from "./connections/node-connection.ts";
import { DEFAULT_RETRY, channelSettings } from "./options.ts";
import { ClientLimit } from "./clients/client-limit.ts";
import { Publisher } from "./log/publisher.ts";
import { Waiters, followLog } from "./log/log-reader.ts";
import { readFetch, readIncoming } from "./connections/stream-request.ts";
import type { Channel as Diagnostics } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Admission, Start } from "./clients/admission.ts";
import type { ChannelClient, Client, Outcome } from "./clients/client.ts";
import type { Connection, ConnectionListener } from "./connections/connection.ts";
import type { PublishedEvent } from "./log/event-log.ts";
import type { ChannelOptions, ChannelSettings } from "./options.ts";
import type { StreamRequest } from "./connections/stream-request.ts";
import type { ChannelStatistics } from "./statistics.ts";

const PADDING = encodeComment(" ".repeat(2048));

/** How {@link Channel.close} says goodbye. */
export interface CloseOptions {
  /**
   * When clients should come back, in milliseconds; each is told a time between this and twice this, at random. Default
   * 2000.
   */
  retry?: number | undefined;
  /** After how many milliseconds a connection whose client does not take the rest is dropped. Default 5000. */
  deadline?: number | undefined;
}

/** What the application may say about a client when it hands its request over. */
export interface ClientOptions<Data> {
  /** Anything: it is kept as the client's `data`. */
  data?: Data | undefined;
}

/** As {@link ClientOptions}, for a request that does not tell its address. */
export interface FetchClientOptions<Data> extends ClientOptions<Data> {
  /** The client's address. Without it the client counts for no address. */
  address?: string | undefined;
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
 * `Data` is what the application keeps for each client.
 *
 * The promise: every client gets events in order and at most once on a connection; who reconnects with the id it saw
 * last gets exactly what it missed, or is told in the stream, by an event `gap`, that something is gone.
 */
export class Channel<Data = unknown> {
  readonly #settings: ChannelSettings;
  readonly #log: EventLog;
  readonly #clientLimit: ClientLimit;
  readonly #clientSet: ClientSet;
  readonly #readers = new Waiters();
  readonly #publisher: Publisher;
  /** How many events are in the history since earlier. */
  readonly #publishedBefore: number;
  #isEnding = false;
  #isDismissed = false;
  /** The first bytes of a stream: never empty, so that every client sees at once that it is open. */
  readonly #opening: EncodedBytes;
  readonly #paddedOpening: EncodedBytes;
  #closing: Promise<void> | undefined;
  #closed: (() => void) | undefined;
  #refused = 0;
  readonly #accepted: Record<Outcome, number> = { fresh: 0, resumed: 0, gap: 0 };

  /** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
  constructor(options: ChannelOptions = {}) {
    const settings = channelSettings(options);
    const { epoch, capacity, capacityBytes, history, retry } = settings;
    this.#settings = settings;
    this.#log = new EventLog({ epoch, capacity, capacityBytes, history });
    this.#publishedBefore = this.#log.published;
    this.#clientLimit = new ClientLimit(settings.maxClients, settings.maxClientsPerAddress);
    this.#clientSet = new ClientSet(this.#log, settings, {
      onGap: (client, gap) => this.#tell(diagnostics.gap, { client, gap }),
      onStall: (client) => this.#tell(diagnostics.stall, { client }),
      onLeave: (client) => this.#leave(client),
      onHistoryFailure: (error) => this.#tell(diagnostics.history, { error }),
    });
    this.#publisher = new Publisher(this.#log, settings, (now) => this.#show(now));
    const opening = retry === null ? encodeComment("") : encodeEvent({ retry });
    this.#opening = new EncodedBytes(opening);
    this.#paddedOpening = new EncodedBytes(PADDING + opening);
  }

  /** How many clients are connected. */
  get clientCount(): number {
    return this.#clientSet.clients.size;
  }

  /** The clients that are connected now, in the order in which they came. */
  get clients(): ReadonlySet<ChannelClient<Data>> {
    return this.#clientSet.clients as ReadonlySet<ChannelClient<Data>>;
  }

  /**
   * How many bytes were published that clients cannot see yet; about so many, since of some only the characters are
   * counted. They are in memory: beyond some limit, wait for {@link flushed}.
   */
  get unflushedBytes(): number {
    return this.#log.hiddenBytes;
  }

  /** Numbers for logs and metrics. */
  get statistics(): ChannelStatistics {
    const { start, end, bytes, published } = this.#log;
    const { clients, lag, delivered, gaps, closed } = this.#clientSet;
    return {
      clients: clients.size,
      ...lag,
      keptEvents: end - start,
      keptBytes: bytes,
      published: published - this.#publishedBefore,
      delivered,
      accepted: { ...this.#accepted },
      gaps,
      refused: this.#refused,
      closed: { ...closed },
    };
  }

  /**
   * Appends an event to the log and returns its id. All events of one turn of the event loop go out together at its
   * end.
   *
   * @param event - The data, or an object with `data` and optionally `event` (the type) and `id`. Without an id the
   * event gets `<epoch>-<sequence>`. Ids of one's own must not repeat while the channel keeps them.
   * With a `history` that has `append`, clients see it once it is stored; see {@link flushed}.
   *
   * @throws {TailcastError} `INVALID_EVENT` for what no client could read back as it was given, `EVENT_TOO_LARGE`
   * beyond `capacityBytes`, `CHANNEL_CLOSED` after `end` or `close`. Nothing is published then.
   */
  publish(event: PublishedEvent | string): string {
    this.#assertOpen("publish the event");
    return this.#publisher.append(typeof event === "string" ? { data: event } : event);
  }

  /**
   * Counts events as published that are in the `history` already, which need not be encoded as long as nobody follows:
   * clients read them from there.
   *
   * @param count - At least 1.
   * @throws {TailcastError} `INVALID_OPTION` when it is not, or there is no history that others fill; `CHANNEL_CLOSED`.
   */
  skip(count: number): void {
    this.#assertOpen("skip events");
    const { history } = this.#settings;
    if (history === undefined || history.append !== undefined) {
      throw new TailcastError("INVALID_OPTION", "Cannot skip events: that needs a history which others fill");
    }
    this.#publisher.skip(checkInteger("count", count, { min: 1 }));
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
  handle(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    options?: ClientOptions<Data>,
  ): ChannelClient<Data> | undefined;
  // The compat API of HTTP/2 has all that is used here of the other, though not all that the other's types name.
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    options: ClientOptions<Data> = {},
  ): ChannelClient<Data> | undefined {
    // Gone while the application was still deciding: nothing is subscribed, so that nothing can leak.
    if (response.destroyed || request.socket.destroyed) return undefined;
    if (response.headersSent) {
      throw new TailcastError("HEADERS_SENT", "Cannot open an event stream: the response was begun already");
    }
    const asked = readIncoming(request);
    const { clientAddress, maxClientsPerAddress } = this.#settings;
    // Not asked for where it counts for nothing.
    const address = maxClientsPerAddress === Infinity ? undefined : addressKey(clientAddress(request));
    // A pipelined request whose turn on its connection has not come: its stream could wait for ever for one before it.
    const isQueued = response.socket === null;
    const admission = this.#admit(
      asked,
      address,
      isQueued ? "another response on this connection is not finished" : undefined,
    );
    if (this.#settings.compress) addVary(response);
    if ("answer" in admission) {
      sendReply(response, admission.answer);
      return undefined;
    }
    return this.#join(asked, admission.start, address, options, (opening, gzip, listener) => {
      return new NodeConnection(response, gzip, opening, listener);
    });
  }

  /**
   * Answers a request of the Fetch standard (hono, Next.js route handlers, Deno, Bun), as {@link handle} does. The
   * stream is the response's body; when the server cancels the body, or aborts the request, the client has left.
   */
  respond(request: Request, options: FetchClientOptions<Data> = {}): Response {
    const asked = readFetch(request);
    const address = options.address === undefined ? undefined : addressKey(options.address);
    const admission = this.#admit(asked, address, request.signal.aborted ? "the client has gone" : undefined);
    const vary = this.#settings.compress ? { Vary: "Accept-Encoding" } : {};
    if ("answer" in admission) {
      const { status, headers, body } = admission.answer;
      return new Response(status === 204 || asked.method === "HEAD" ? null : body, {
        status,
        headers: { ...headers, ...vary },
      });
    }
    let isCompressed = false;
    let body: ReadableStream<Uint8Array> | null = null;
    this.#join(asked, admission.start, address, options, (opening, gzip, listener) => {
      const connection = new FetchConnection(request, gzip, opening, listener);
      isCompressed = gzip;
      body = connection.body;
      return connection;
    });
    const coding = isCompressed ? { "Content-Encoding": "gzip" } : {};
    return new Response(body, { headers: { ...EVENT_STREAM_HEADERS, ...vary, ...coding } });
  }

  /**
   * The stream that a client with this last event id would get, without its opening and heartbeats, as bytes: for other
   * transports, and for consumers in the same process. Each piece ends with a whole event.
   *
   * It ends when the log was ended and all of it was read, when the channel is closed, or when `signal` is aborted. A
   * reader that is too slow gets a `gap`, as any client does, unless there is a `history`.
   */
  read(lastEventId = "", signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    const source = {
      log: this.#log,
      history: this.#settings.history,
      flush: () => this.#publisher.flush(),
      isOver: () => this.#clientSet.isLogComplete || this.#isDismissed,
      grown: (abort: AbortSignal) => this.#readers.wait(abort),
    };
    return followLog(source, lastEventId, signal);
  }

  /**
   * Says that the log is complete. Clients get what they have not seen yet, then their stream ends; who comes back with
   * the last id is answered 204, which tells a browser to stop reconnecting.
   *
   * @throws {TailcastError} `CHANNEL_CLOSED` when the channel was closed.
   */
  end(): void {
    if (this.#isEnding) return;
    this.#assertOpen("end the log");
    this.#isEnding = true;
    if (this.#log.isAllVisible) this.#show(performance.now());
    else this.#publisher.hurry();
  }

  /**
   * Resolves when everything published so far has left for the clients: at once, or, with a `history`, once it is
   * stored. Whoever publishes a lot waits for it now and then, since what waits to be stored is in memory.
   *
   * Rejects with the history's error when that could not store it. The channel then goes on in memory alone.
   */
  flushed(): Promise<void> {
    return this.#publisher.flushed();
  }

  /**
   * Shuts the channel down: every stream ends with a `retry:` that spreads the clients' return, and new ones are
   * refused.
   *
   * @returns When the last connection is over, at the latest after `deadline`. Further calls return the same promise.
   */
  close(options: CloseOptions = {}): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const { retry = this.#settings.retry ?? DEFAULT_RETRY, deadline = 5000 } = options;
    checkInteger("retry", retry, { min: 0, max: (MAX_DELAY - 1) / 2 });
    checkInteger("deadline", deadline, { min: 0, max: MAX_DELAY });
    this.#closing = new Promise((resolve) => (this.#closed = resolve));
    const timer = setTimeout(() => {
      // What was published last may still not be stored.
      this.#dismiss(retry);
      this.#clientSet.dropAll();
    }, deadline);
    void this.#closing.then(() => clearTimeout(timer));
    this.#publisher.hurry();
    if (this.#log.isAllVisible) this.#dismiss(retry);
    else
      void this.flushed()
        .catch(() => undefined)
        .then(() => this.#dismiss(retry));
    return this.#closing;
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assertOpen(action: string): void {
    if (!this.#isEnding && this.#closing === undefined) return;
    const state = this.#isEnding ? "its log was ended" : "it was closed";
    throw new TailcastError("CHANNEL_CLOSED", `Cannot ${action} on the channel: ${state}`);
  }

  /** Brings every client up to what can be seen now. */
  #show(now: number): void {
    if (this.#isEnding && this.#log.isAllVisible) this.#clientSet.isLogComplete = true;
    this.#clientSet.advanceAll(now);
    this.#readers.wake();
  }

  #dismiss(retry: number | null): void {
    this.#isDismissed = true;
    this.#clientSet.dismissAll(retry);
    this.#readers.wake();
    if (this.clientCount === 0) this.#closed?.();
  }

  #admit(request: StreamRequest, address: string | undefined, obstacle: string | undefined): Admission {
    this.#publisher.flush();
    const isClosing = this.#closing !== undefined;
    const admission = admit(request, address, this.#log, this.#clientLimit, this.#settings, {
      isEnded: this.#clientSet.isLogComplete,
      obstacle: isClosing ? "the server is shutting down" : obstacle,
    });
    if ("answer" in admission && admission.isRefusal) this.#refused++;
    return admission;
  }

  #join(
    request: StreamRequest,
    start: Start,
    address: string | undefined,
    { data }: ClientOptions<Data>,
    open: (opening: EncodedBytes, gzip: boolean, listener: ConnectionListener) => Connection,
  ): ChannelClient<Data> {
    const { outcome, lastEventId, next, gap } = start;
    const opening = request.wantsPadding ? this.#paddedOpening : this.#opening;
    const gzip = this.#settings.compress && prefersGzip(request.acceptEncoding);
    const client = this.#clientSet.join({ outcome, lastEventId, next, address, data }, gap, (listener) => {
      return open(opening, gzip, listener);
    });
    this.#accepted[outcome]++;
    this.#tell(diagnostics.connect, { client });
    return client as ChannelClient<Data>;
  }

  /** A client's connection is over. */
  #leave(client: Client): void {
    this.#clientLimit.free(client.address);
    this.#tell(diagnostics.disconnect, { client, reason: client.closeReason });
    if (this.clientCount === 0) this.#closed?.();
  }
  #tell(subject: Diagnostics, message: Readonly<Record<string, unknown>>): void {
    if (subject.hasSubscribers) subject.publish({ channel: this, ...message });
  }
}
