import { performance } from "node:perf_hooks";
import { checkValue, kinds } from "../../check-options.ts";
import { TailcastError, invalidOption } from "../../error.ts";
import { fetchReply, sendReply, setHeaders } from "../../http/reply.ts";
import { pauseReply } from "../clients/admission.ts";
import { Sweeper } from "../clients/sweeper.ts";
import { corsHeaders } from "../connections/cors.ts";
import { endConnectionWith } from "../connections/socket-owner.ts";
import { isClaimed } from "../history/history-claims.ts";
import { Channel, countWaitingReaders, showsSharedLog } from "../channel.ts";
import { publishRun, runSettings } from "./channel-run.ts";
import { checkSource, stopSource } from "../stream-source.ts";
import { channelGroupSettings, checkChannelOptions, refuseUniqueEpoch } from "./channel-group-options.ts";
import { checkCloseOptions } from "../settings.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { ChannelClient } from "../clients/client.ts";
import type { ChannelGroupOptions, ChannelGroupSettings, ChannelGroupStatistics } from "./channel-group-options.ts";
import type { ChannelRun, RunOptions, RunSource } from "./channel-run.ts";
import type { ClientOptions, CloseOptions, FetchClientOptions } from "../options.ts";

/**
 * The shortest time, in milliseconds, after which a client should reconnect if the group is full or closed. The longest
 * time is twice this.
 */
const RETURN_DELAY = 5000;

/** The channel of a topic. */
interface Entry<Data> {
  readonly topic: string;
  opened: Promise<Channel<Data>>;
  channel: Channel<Data> | undefined;
  /** Set when the channel is being closed. */
  closing: Promise<void> | undefined;
  lastUsedAt: number;
  /** The number of published events at the last idle check. */
  published: number;
}

/**
 * One channel per topic: per user, document or task. Channels open on demand and are closed when they are idle. Their
 * number is limited.
 *
 * ```js
 * const group = new ChannelGroup();
 * createServer((request, response) => {
 *   group.handle(userOf(request), request, response).catch(console.error);
 * }).listen(3000);
 * group.find("alice")?.publish("hello");
 * ```
 *
 * The guarantee of a channel also applies to a group. If the channel of a topic was closed while a client was
 * disconnected, the client receives a `gap` when it reconnects, since the new channel has a new epoch. With a history,
 * the client receives exactly the missed events.
 *
 * Validate a topic from a request before you use it: each new topic opens a channel.
 */
export class ChannelGroup<Data = unknown> {
  readonly #settings: ChannelGroupSettings<Data>;
  readonly #entries = new Map<string, Entry<Data>>();
  /** The entries whose channel is open. */
  readonly #open = new Set<Entry<Data>>();
  readonly #sweeper: Sweeper<Entry<Data>>;
  /** The runs that have not ended, by topic. */
  readonly #runs = new Map<string, AbortController>();
  #closing: Promise<void> | undefined;
  #opened = 0;
  #dropped = 0;
  #refused = 0;

  /** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
  constructor(options: ChannelGroupOptions<Data> = {}) {
    this.#settings = channelGroupSettings(options);
    this.#sweeper = new Sweeper(this.#open, this.#settings.idleTimeout, (entry) => this.#check(entry));
    this.handle = this.handle.bind(this);
    this.respond = this.respond.bind(this);
  }

  /** Values for logs and metrics. */
  get statistics(): ChannelGroupStatistics {
    let clients = 0;
    for (const { channel } of this.#open) clients += channel?.clientCount ?? 0;
    const counts = { opened: this.#opened, dropped: this.#dropped, refused: this.#refused };
    return { channels: this.#entries.size, clients, ...counts };
  }

  /**
   * Returns the channel of a topic, and opens one if necessary. Call it before each use: an idle channel is closed, and
   * the next call opens a new one.
   *
   * @throws {TailcastError} (as a rejection) `TOO_MANY_CHANNELS` at `maxChannels`; `CHANNEL_CLOSED` after `close`.
   * Otherwise the error of the function `channel`.
   */
  async get(topic: string): Promise<Channel<Data>> {
    checkValue("topic", topic, kinds.text);
    if (this.#closing !== undefined) {
      throw new TailcastError("CHANNEL_CLOSED", "Cannot open a channel: the group was closed");
    }
    const current = this.#use(topic);
    if (current !== undefined) return await current.opened;
    const last = this.#entries.get(topic);
    if (last === undefined && this.#entries.size >= this.#settings.maxChannels) {
      this.#refused++;
      const message = `Cannot open another channel: the limit of ${this.#settings.maxChannels} channels is reached`;
      throw new TailcastError("TOO_MANY_CHANNELS", message);
    }
    return await this.#add(topic, last?.closing).opened;
  }

  /** Returns the channel of a topic if it is open. Use it for events that only connected clients need. */
  find(topic: string): Channel<Data> | undefined {
    return this.#use(checkValue("topic", topic, kinds.text))?.channel;
  }

  /**
   * Starts a run: publishes a source, such as the answer of a model, to the channel of a topic, whether or not it has
   * clients. When the source ends, the run publishes the event `end` and ends the channel. The channel stays open
   * during the run, also while the source is silent, and for `idleTimeout` after it.
   *
   * ```js
   * const runs = new ChannelGroup({ channel: { backlog: "all", capacity: Infinity } });
   * await runs.run(id, ({ signal }) => askModel(question, signal));
   * ```
   *
   * If the channel of the topic has ended, for example with an earlier run, it is closed, and a new one opens. A
   * failure of the source is reported as `tailcast:error`; without subscribers, it is emitted as a process warning.
   *
   * @returns A promise that resolves when the run has started.
   * @throws {TailcastError} (as a rejection) `RUN_IN_PROGRESS` if the topic has a run; `INVALID_OPTION`, also for a
   * channel with the option `log`; the errors of {@link get}. The source is stopped then.
   */
  async run(topic: string, source: RunSource, options: RunOptions = {}): Promise<ChannelRun<Data>> {
    const controller = new AbortController();
    try {
      if (typeof source !== "function") checkSource(source);
      const { endEvent, signal } = runSettings(options);
      if (this.#runs.has(checkValue("topic", topic, kinds.text))) {
        const message = `Cannot start the run: the topic "${topic}" has a run that has not ended`;
        throw new TailcastError("RUN_IN_PROGRESS", message);
      }
      this.#runs.set(topic, controller);
      const channel = await this.#openForRun(topic);
      if (showsSharedLog(channel)) {
        throw invalidOption("channel", "a channel with a log cannot have a run; publish the source to the log");
      }
      const stop = signal === undefined ? controller.signal : AbortSignal.any([controller.signal, signal]);
      const ended = publishRun(channel, source, stop, endEvent).finally(() => this.#endRun(topic, controller));
      return { channel, ended };
    } catch (error) {
      stopSource(source);
      this.#endRun(topic, controller);
      throw error;
    }
  }

  /**
   * Stops the run of a topic for all clients: aborts its signal and stops its source. The channel ends with the events
   * that were published until then.
   *
   * @returns Whether the topic had a run.
   */
  stop(topic: string): boolean {
    const controller = this.#runs.get(checkValue("topic", topic, kinds.text));
    controller?.abort();
    return controller !== undefined;
  }

  /**
   * Answers a request with the stream of a topic, as `Channel.handle` does. At `maxChannels`, and after `close`, the
   * reply makes the client reconnect later. It has the headers of the option `cors` unless `channel` is a function.
   *
   * @returns The client; `undefined` when the request received another reply or its client has already left.
   * @throws The error of the function `channel` (as a rejection); the reply makes the client reconnect later.
   */
  handle(
    topic: string,
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
    options?: ClientOptions<Data>,
  ): Promise<ChannelClient<Data> | undefined>;
  // The HTTP/2 compatibility API has every member that is used here, though its types differ.
  async handle(
    topic: string,
    request: IncomingMessage,
    response: ServerResponse,
    options?: ClientOptions<Data>,
  ): Promise<ChannelClient<Data> | undefined> {
    checkValue("request", request, kinds.nodeRequest);
    checkValue("response", response, kinds.nodeResponse);
    let channel: Channel<Data>;
    try {
      channel = await this.get(topic);
    } catch (error) {
      if (!response.headersSent && !response.destroyed) {
        // On a kept-alive connection, the client would reconnect to the process that is shutting down.
        if (this.#closing !== undefined) endConnectionWith(response);
        setHeaders(response, corsHeaders(this.#settings.cors, request.headers.origin));
        sendReply(response, pauseReply(reasonOf(error), RETURN_DELAY));
      }
      if (isExpected(error)) return undefined;
      throw error;
    }
    return channel.handle(request, response, options);
  }

  /** Answers a request of the Fetch standard, as {@link handle} does. */
  async respond(topic: string, request: Request, options?: FetchClientOptions<Data>): Promise<Response> {
    checkValue("request", request, kinds.fetchRequest);
    try {
      return (await this.get(topic)).respond(request, options);
    } catch (error) {
      if (!isExpected(error)) throw error;
      const cors = corsHeaders(this.#settings.cors, request.headers.get("origin") ?? undefined);
      const headers = this.#closing === undefined ? cors : { ...cors, Connection: "close" };
      return fetchReply(request.method, pauseReply(reasonOf(error), RETURN_DELAY), headers);
    }
  }

  /**
   * Closes every channel as `Channel.close` does, and stops every run. No channel opens afterwards.
   *
   * @returns A promise that resolves when all are closed. Further calls return the same promise.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(checkCloseOptions(options));
    return this.#closing;
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #openForRun(topic: string): Promise<Channel<Data>> {
    const entry = this.#use(topic);
    if (entry?.channel?.state === "ending") this.#end(entry);
    return await this.get(topic);
  }

  #endRun(topic: string, controller: AbortController): void {
    if (this.#runs.get(topic) !== controller) return;
    this.#runs.delete(topic);
    this.#use(topic);
  }

  #add(topic: string, before: Promise<void> | undefined): Entry<Data> {
    const opened = this.#create(topic, before);
    const entry: Entry<Data> = { topic, opened, channel: undefined, closing: undefined, lastUsedAt: 0, published: 0 };
    this.#entries.set(topic, entry);
    entry.opened = opened.then(
      (channel) => {
        entry.channel = channel;
        entry.lastUsedAt = performance.now();
        this.#opened++;
        this.#open.add(entry);
        if (this.#settings.idleTimeout > 0 && this.#closing === undefined) this.#sweeper.start();
        return channel;
      },
      (error: unknown) => {
        this.#forget(entry);
        throw error;
      },
    );
    return entry;
  }

  /**
   * @param before - Resolves when the topic's previous channel has ended: two channels must not use one history at the
   * same time.
   */
  async #create(topic: string, before: Promise<void> | undefined): Promise<Channel<Data>> {
    await before;
    const options = checkChannelOptions(await this.#settings.optionsOf(topic));
    try {
      refuseUniqueEpoch(options);
      return new Channel<Data>(options);
    } catch (error) {
      // The function may have returned the history of another topic, whose channel still uses it.
      if (options.history && !isClaimed(options.history)) await options.history.close?.();
      throw error;
    }
  }

  /** Returns the entry of a topic unless its channel is closing, and records its use. */
  #use(topic: string): Entry<Data> | undefined {
    const entry = this.#entries.get(topic);
    if (entry === undefined || this.#isClosing(entry)) return undefined;
    entry.lastUsedAt = performance.now();
    return entry;
  }

  #isClosing(entry: Entry<Data>): boolean {
    const state = entry.channel?.state;
    // The application may have closed the channel.
    if (state === "closing" || state === "closed") this.#end(entry);
    return entry.closing !== undefined;
  }

  #check(entry: Entry<Data>): void {
    const { channel, lastUsedAt } = entry;
    if (channel === undefined || this.#isClosing(entry)) return;
    const now = performance.now();
    // The last client may leave up to one period after this check.
    const dropsAt = lastUsedAt + this.#settings.idleTimeout + this.#sweeper.period;
    const isFollowed = channel.clientCount > 0 || countWaitingReaders(channel) > 0;
    if (isFollowed || channel.unflushedBytes > 0 || this.#runs.has(entry.topic)) {
      entry.lastUsedAt = now;
    } else if (now >= dropsAt) {
      // The application may still publish to a channel that it has a reference to. Check this last, since it costs the
      // most.
      const { published } = channel.statistics;
      if (published !== entry.published) {
        entry.published = published;
        entry.lastUsedAt = now;
      } else {
        this.#dropped++;
        this.#end(entry);
      }
    }
  }

  #end(entry: Entry<Data>, options?: CloseOptions): void {
    if (entry.closing !== undefined || entry.channel === undefined) return;
    this.#open.delete(entry);
    if (this.#open.size === 0) this.#sweeper.stop();
    entry.closing = entry.channel.close(options).then(() => this.#forget(entry));
  }

  #forget(entry: Entry<Data>): void {
    if (this.#entries.get(entry.topic) === entry) this.#entries.delete(entry.topic);
  }

  async #close(options: CloseOptions): Promise<void> {
    const ends = Array.from(this.#entries.values(), async (entry) => {
      await entry.opened.catch(() => undefined);
      this.#end(entry, options);
      // After the channel was closed, so that clients reconnect and do not receive the end of the run.
      this.#runs.get(entry.topic)?.abort();
      await entry.closing;
    });
    await Promise.all(ends);
  }
}

/** Whether an error is temporary or caused by clients, and thus not a failure of the application. */
function isExpected(error: unknown): boolean {
  return error instanceof TailcastError && (error.code === "TOO_MANY_CHANNELS" || error.code === "CHANNEL_CLOSED");
}

function reasonOf(error: unknown): string {
  if (!isExpected(error)) return "the channel cannot be opened";
  return (error as TailcastError).code === "CHANNEL_CLOSED" ? "the server is shutting down" : "too many channels";
}
