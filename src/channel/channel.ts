import { performance } from "node:perf_hooks";
import { checkInteger, checkValue, kinds } from "../check-options.ts";
import { TailcastError } from "../error.ts";
import { ClientSet } from "./clients/client-set.ts";
import { Entrance } from "./clients/entrance.ts";
import { callClientAddress, callHook } from "./clients/hooks.ts";
import { assertChangeable } from "./channel-state.ts";
import { publishReport } from "./diagnostics.ts";
import { claimHistory, closeHistory } from "./history/history-claims.ts";
import { EventLog } from "./log/event-log.ts";
import { ChannelFollower } from "./log/log-follower.ts";
import { Waiters, followLog } from "./log/log-reader.ts";
import { Publisher } from "./log/publisher.ts";
import { readerRange } from "./read-options.ts";
import { DEFAULT_DEADLINE, DEFAULT_RETRY, channelSettings, checkCloseOptions } from "./settings.ts";
import { channelStatistics } from "./statistics.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { ChannelClient, Client, ClientStart } from "./clients/client.ts";
import type { HookName } from "./clients/hooks.ts";
import type { Connection, ConnectionListener } from "./connections/connection.ts";
import type { PublishedEvent } from "./log/published-event.ts";
import type { ChannelOptions, ClientOptions, CloseOptions, FetchClientOptions, ReadOptions } from "./options.ts";
import type { ChannelSettings } from "./settings.ts";
import type { ChannelState } from "./channel-state.ts";
import type { DiagnosticsMessages } from "./diagnostics.ts";
import type { ChannelStatistics } from "./statistics.ts";

/**
 * Sends the log of a channel, from its oldest event, over a connection in another format. Limits and statistics include
 * the connection. The package does not export this function.
 *
 * @param open - Opens the connection, which reports to the given listener. Without it, nothing is sent, as for HEAD.
 * @returns The reason if a limit is reached or the channel is closing; then nothing was sent.
 */
export let attachConnection: (
  channel: Channel,
  response: ServerResponse,
  open?: (listener: ConnectionListener) => Connection,
) => string | undefined;

/** The number of readers of `channel.read()` that wait for the next event. The package does not export it. */
export let countWaitingReaders: <Data>(channel: Channel<Data>) => number;

/** The number of refused clients. It costs less than all statistics. The package does not export it. */
export let countRefused: (channel: Channel) => number;

/** Whether a channel has the option `log`. The package does not export it. */
export let showsSharedLog: <Data>(channel: Channel<Data>) => boolean;

/**
 * A log of events that any number of clients follow over Server-Sent Events (WHATWG HTML 9.2).
 *
 * Publishing appends to the log. A client is a cursor in the log. One operation replays events to a client that
 * reconnects, keeps a client up to date and lets a slow client catch up: it writes from the cursor towards the end
 * until the socket is full. So the log bounds the memory, even if clients do not read.
 *
 * ```js
 * const channel = new Channel();
 * http.createServer(channel.handle).listen(3000);
 * channel.publish("hello");
 * ```
 *
 * `Data` is the type of `client.data`, which the application keeps for each client.
 *
 * The guarantee: every client receives events in order, and each event at most once on a connection. A client that
 * reconnects with its last event id receives exactly the missed events, or a `gap` event, which reports that events are
 * gone.
 */
export class Channel<Data = unknown> {
  #state: ChannelState = "open";
  readonly #settings: ChannelSettings;
  readonly #hooks: Pick<ChannelOptions<Data>, HookName>;
  readonly #log: EventLog;
  readonly #clientSet: ClientSet;
  readonly #entrance: Entrance;
  readonly #readers = new Waiters();
  readonly #publisher: Publisher;
  /** `undefined` without a shared log. */
  readonly #follower: ChannelFollower | undefined;
  /** The number of events in the store when the channel was created. */
  #publishedBefore: number;
  #closing: Promise<void> | undefined;
  #onEmpty: (() => void) | undefined;
  #historyFailures = 0;
  readonly #accepted: Record<ClientStart, number> = { fresh: 0, resumed: 0, gap: 0 };

  static {
    attachConnection = (channel, response, open) => channel.#entrance.attach(response, open);
    countWaitingReaders = (channel) => channel.#readers.size + (channel.#clientSet.unseenIds?.size ?? 0);
    countRefused = (channel) => channel.#entrance.refused;
    showsSharedLog = (channel) => channel.#settings.log !== undefined;
  }

  /** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
  constructor(options: ChannelOptions<Data> = {}) {
    const settings = channelSettings(options);
    const { epoch, capacity, capacityBytes, history, store, log: shared } = settings;
    this.#settings = settings;
    this.#hooks = options;
    this.#log = new EventLog({ epoch, capacity, capacityBytes, store, isShared: shared !== undefined });
    if (history !== undefined) claimHistory(history);
    this.#publishedBefore = this.#log.published;
    this.#clientSet = new ClientSet(this.#log, settings, {
      onJoin: (client) => this.#onJoin(client),
      onGap: (client, gap) => {
        publishReport("tailcast:gap", this, { client, gap });
        this.#call("onGap", client, gap);
      },
      onStall: (client) => publishReport("tailcast:stall", this, { client }),
      onLeave: (client) => this.#onLeave(client),
      onStoreFailure: (error) => this.#onStoreFailure("read", error),
    });
    this.#publisher = new Publisher(this.#log, settings, {
      onShow: (now) => this.#show(now),
      onFailure: (error) => this.#onStoreFailure("append", error),
      isHurried: () => this.#state !== "open",
    });
    const clientAddress = (request: IncomingMessage): string =>
      callClientAddress(this, settings.clientAddress, request);
    const guarded = { ...settings, clientAddress };
    this.#entrance = new Entrance(this.#log, guarded, this.#clientSet, () => this.#publisher.flush());
    this.#follower =
      shared &&
      new ChannelFollower(shared, {
        log: this.#log,
        publisher: this.#publisher,
        clientSet: this.#clientSet,
        onEpoch: (published) => this.#onEpoch(published),
        onComplete: () => this.#state === "open" && this.#complete(),
        onFailure: (error) => this.#onStoreFailure("follow", error),
      });
    // Bind both, so that they can be passed as callbacks: `http.createServer(channel.handle)`.
    this.handle = this.handle.bind(this);
    this.respond = this.respond.bind(this);
  }

  get state(): ChannelState {
    return this.#state;
  }

  /** The number of connected clients. */
  get clientCount(): number {
    return this.#clientSet.clients.size;
  }

  /** The connected clients, in the order in which they connected. */
  get clients(): ReadonlySet<ChannelClient<Data>> {
    return this.#clientSet.clients as ReadonlySet<ChannelClient<Data>>;
  }

  /**
   * The approximate size of the published events that clients cannot see yet, in bytes. These events are in memory:
   * when the size exceeds your limit, wait for {@link flushed}.
   */
  get unflushedBytes(): number {
    return this.#log.hiddenBytes;
  }

  /** Values for logs and metrics. */
  get statistics(): ChannelStatistics {
    return channelStatistics(this.#log, this.#clientSet, {
      published: this.#log.published - this.#publishedBefore,
      accepted: this.#accepted,
      refused: this.#entrance.refused,
      historyFailures: this.#historyFailures,
    });
  }

  /**
   * Appends an event to the log and returns its id. All events of one turn of the event loop are sent together at its
   * end.
   *
   * @param event - The data, or an object with `data` and optionally `event` (the type), `id`, `retry` (milliseconds)
   * and `comment`. The default id is `<epoch>-<sequence>`. Ids of the application must not repeat while the channel
   * keeps them. With a `history` that has `append`, clients receive the event when it is stored; see {@link flushed}.
   * @throws {TailcastError} `INVALID_EVENT` for values that a client could not read unchanged, `EVENT_TOO_LARGE` beyond
   * `capacityBytes`, `CHANNEL_CLOSED` after `end` or `close`. The event is not published then.
   */
  publish(event: PublishedEvent | string): string {
    assertChangeable("publish", this.#follower !== undefined, this.#state);
    return this.#publisher.append(typeof event === "string" ? { data: event } : event);
  }

  /**
   * Publishes `count` events that the application has already written to the `history`. The channel does not encode
   * them; clients read them from the history.
   *
   * @param count - At least 1.
   * @throws {TailcastError} `INVALID_OPTION` for an invalid count, or without a history that the application fills;
   * `CHANNEL_CLOSED`.
   */
  skip(count: number): void {
    assertChangeable("skip", this.#follower !== undefined, this.#state);
    const { history } = this.#settings;
    if (history === undefined || history.append !== undefined) {
      const problem = history === undefined ? "the channel has no history" : "its history has append";
      throw new TailcastError("INVALID_OPTION", `Cannot skip events: ${problem}; publish them`);
    }
    this.#publisher.skip(checkInteger("count", count, { min: 1 }));
  }

  /**
   * Answers a request for the event stream. The reply is always complete: the caller must not write to the response.
   *
   * | answer | when |
   * |---|---|
   * | 200 | the stream: the missed events, then all new events |
   * | 200, a `retry:` and the end | no room, or the channel closes |
   * | 503, with `Retry-After` | no room, with `whenFull: "reject"` |
   * | 204 | the log was ended and the client has all of it: a browser then stops reconnecting |
   * | 405, with `Allow` | another method than `methods` |
   * | 406 | the `Accept` header excludes `text/event-stream`, with `accept: "strict"` |
   * | 204, with CORS headers | a preflight request from an origin that `cors` allows |
   *
   * Existing headers from `response.setHeader` (such as cookies) are kept. The reply to HEAD is the head of the reply
   * to GET. A pipelined request waits until the responses before it on its connection are over.
   *
   * @throws {TailcastError} `HEADERS_SENT` when the response has already started.
   * @returns The client; `undefined` when the request received another reply or its client has already left.
   */
  handle(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    options?: ClientOptions<Data>,
  ): ChannelClient<Data> | undefined;
  // The HTTP/2 compatibility API has every member that is used here, though its types differ.
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    options: ClientOptions<Data> = {},
  ): ChannelClient<Data> | undefined {
    // Do not check the names: a framework may pass its own object, or a function.
    checkValue("options", options, kinds.objectOrFunction);
    return this.#entrance.handle(request, response, options) as ChannelClient<Data> | undefined;
  }

  /**
   * Answers a request of the Fetch standard (Hono, Next.js route handlers, Deno, Bun), as {@link handle} does. The
   * stream is the response's body; when the server cancels the body, or aborts the request, the client has left.
   */
  respond(request: Request, options: FetchClientOptions<Data> = {}): Response {
    checkValue("options", options, kinds.objectOrFunction);
    return this.#entrance.respond(request, options);
  }

  /**
   * Returns the stream that a client would receive, as bytes, without the first `retry:` and heartbeats. Use it for
   * other transports, and for consumers in the same process. Each piece ends with a whole event.
   *
   * The stream starts when `read` is called: after `lastEventId`, or with the `backlog`. A `gap` reports lost events,
   * as in a client's stream, for example when the reader is too slow and the channel has no `history`. The stream ends
   * with the log, when the channel is closed, when `signal` is aborted, or, with `until: "now"`, after all events that
   * were published before the call; the last piece may contain newer events as well.
   *
   * @throws {TailcastError} `INVALID_OPTION`
   */
  read(options: ReadOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    this.#publisher.flush();
    const log = this.#log;
    const range = readerRange(options, log, this.#settings.backlog);
    const isClosed = (): boolean => this.#state === "closed";
    const source = {
      log,
      store: this.#settings.store,
      isClosed,
      isOver: () => log.isComplete || isClosed(),
      onStoreFailure: (error: unknown) => this.#onStoreFailure("read", error),
      grown: (abort: AbortSignal) => this.#readers.wait(abort),
      located: async (id: string, abort: AbortSignal) =>
        isClosed() ? undefined : this.#clientSet.unseenIds?.locate(id, abort),
    };
    return followLog(source, range, options.signal);
  }

  /**
   * Completes the log. Clients receive the remaining events, then their streams end. The reply to a client that
   * reconnects with the last id is 204, which stops a browser from reconnecting.
   *
   * @throws {TailcastError} `CHANNEL_CLOSED` when the channel was closed.
   */
  end(): void {
    const isShared = this.#follower !== undefined;
    if (this.#state === "ending" && !isShared) return;
    assertChangeable("end", isShared, this.#state);
    this.#complete();
  }

  /**
   * Resolves when clients can see all events published so far: immediately, or, with a `history`, when they are stored.
   * A fast publisher should await it regularly, since events stay in memory until they are stored.
   *
   * Rejects with the error of the history if it could not store an event. The channel then continues only in memory.
   */
  flushed(): Promise<void> {
    return this.#publisher.flushed();
  }

  /**
   * Shuts the channel down. It ends every stream with a `retry:`, which spreads the reconnections, and its connection,
   * so that clients reconnect to the next process. Clients that connect meanwhile receive a `retry:` as well. Finally,
   * the channel closes the history, if it has `close`.
   *
   * @returns A promise that resolves when the last connection is over, at the latest after `deadline`, and the history
   * is closed. Further calls return the same promise.
   */
  close(options: CloseOptions = {}): Promise<void> {
    if (this.#closing !== undefined) return this.#closing;
    const { retry = this.#settings.retry ?? DEFAULT_RETRY, deadline = DEFAULT_DEADLINE } = checkCloseOptions(options);
    this.#state = "closing";
    this.#follower?.stop();
    this.#entrance.close(retry);
    const empty = new Promise<void>((resolve) => (this.#onEmpty = resolve));
    const timer = setTimeout(() => {
      // End the streams first: the newest events may not be stored yet.
      this.#endStreams(retry);
      this.#clientSet.dropAll();
    }, deadline);
    this.#closing = empty.then(() => {
      clearTimeout(timer);
      return closeHistory(this.#settings.history, (error) => this.#onStoreFailure("close", error));
    });
    this.#publisher.flush();
    if (this.#log.isAllVisible) this.#endStreams(retry);
    else
      void this.flushed()
        .catch(() => undefined)
        .then(() => this.#endStreams(retry));
    return this.#closing;
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #complete(): void {
    this.#state = "ending";
    this.#log.finish();
    if (this.#log.isAllVisible) this.#show(performance.now());
    else this.#publisher.flush();
  }

  /** Continues with another epoch of the shared log. */
  #onEpoch(published: number): void {
    this.#publishedBefore += this.#log.published - published;
    if (this.#state === "ending") this.#state = "open";
    this.#show(performance.now());
  }

  /** Sends all visible events to the clients. */
  #show(now: number): void {
    this.#clientSet.advanceAll(now);
    this.#readers.wake();
  }

  #endStreams(retry: number): void {
    this.#state = "closed";
    this.#clientSet.endAll(retry);
    this.#readers.wake();
    if (this.clientCount === 0) this.#onEmpty?.();
  }

  #onJoin(client: Client): void {
    this.#accepted[client.start]++;
    publishReport("tailcast:connect", this, { client });
    this.#call("onConnect", client);
  }

  /** Called when a client's connection is over. */
  #onLeave(client: Client): void {
    const reason = client.closeReason;
    this.#entrance.release(client);
    publishReport("tailcast:disconnect", this, { client, reason });
    this.#call("onDisconnect", client, reason);
    if (this.#state === "closed" && this.clientCount === 0) this.#onEmpty?.();
  }

  #onStoreFailure(action: DiagnosticsMessages["tailcast:history"]["action"], error: unknown): void {
    this.#historyFailures++;
    publishReport("tailcast:history", this, { action, error });
  }

  #call(name: HookName, client: Client, detail?: unknown): void {
    const hook = this.#hooks[name] as ((client: unknown, detail?: unknown) => unknown) | undefined;
    if (hook !== undefined) callHook(this, name, () => hook(client, detail));
  }
}
