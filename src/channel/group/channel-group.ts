import { checkValue, kinds } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { fetchReply, sendReply, setHeaders } from "../../http/reply.ts";
import { END_REPLY, pauseReply } from "../clients/admission.ts";
import { corsHeaders, preflightReply } from "../connections/cors.ts";
import { endConnectionWith } from "../connections/socket-owner.ts";
import { readFetch, readIncoming } from "../connections/stream-request.ts";
import { runSettings } from "./channel-run.ts";
import { checkSource, stopSource } from "../stream-source.ts";
import { channelGroupSettings } from "./channel-group-options.ts";
import { ChannelRegistry } from "./channel-registry.ts";
import { RunRegistry } from "./run-registry.ts";
import { checkCloseOptions } from "../settings.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { Reply } from "../../http/reply.ts";
import type { Channel } from "../channel.ts";
import type { ChannelClient } from "../clients/client.ts";
import type { StreamRequest } from "../connections/stream-request.ts";
import type { ChannelGroupOptions, ChannelGroupSettings, ChannelGroupStatistics } from "./channel-group-options.ts";
import type { ChannelRun, RunOptions, RunSource } from "./channel-run.ts";
import type { ClientOptions, CloseOptions, FetchClientOptions } from "../options.ts";

/**
 * The shortest time, in milliseconds, after which a client should reconnect if the group is full or closed. The longest
 * time is twice this.
 */
const RETURN_DELAY = 5000;

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
  readonly #channels: ChannelRegistry<Data>;
  readonly #runs = new RunRegistry<Data>();

  /** @throws {TailcastError} `INVALID_OPTION`, naming the option. */
  constructor(options: ChannelGroupOptions<Data> = {}) {
    this.#settings = channelGroupSettings(options);
    this.#channels = new ChannelRegistry(this.#settings, {
      needs: (topic) => this.#runs.has(topic),
      // The run ends without an end event, so that its clients reconnect.
      onClose: (topic) => this.#runs.stopEnded(topic),
    });
    this.handle = this.handle.bind(this);
    this.respond = this.respond.bind(this);
  }

  /** Values for logs and metrics. */
  get statistics(): ChannelGroupStatistics {
    return this.#channels.statistics;
  }

  /**
   * Returns the channel of a topic, and opens one if necessary. Call it before each use: an idle channel is closed, and
   * the next call opens a new one.
   *
   * @throws {TailcastError} (as a rejection) `TOO_MANY_CHANNELS` at `maxChannels`; `CHANNEL_CLOSED` after `close`.
   * Otherwise the error of the function `channel`.
   */
  async get(topic: string): Promise<Channel<Data>> {
    return await this.#channels.get(checkValue("topic", topic, kinds.text));
  }

  /** Returns the channel of a topic if it is open. Use it for events that only connected clients need. */
  find(topic: string): Channel<Data> | undefined {
    return this.#channels.find(checkValue("topic", topic, kinds.text));
  }

  /**
   * Starts a run: publishes a source, such as the answer of a model, to the channel of a topic, whether or not it has
   * clients. When the source ends, the run publishes the event `end` and ends the channel. The channel stays open
   * during the run, also while the source is silent, and for `idleTimeout` after it.
   *
   * ```js
   * const runs = new ChannelGroup({ channel: { backlog: "all", capacity: Infinity }, openOnRequest: false });
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
    try {
      if (typeof source !== "function") checkSource(source);
      const settings = runSettings(options);
      const run = await this.#runs.start(checkValue("topic", topic, kinds.text), source, settings, () => {
        this.#channels.closeEnded(topic);
        return this.#channels.get(topic);
      });
      // The channel becomes idle only now.
      void run.ended.then(() => this.#channels.find(topic));
      return run;
    } catch (error) {
      stopSource(source);
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
    return this.#runs.stop(checkValue("topic", topic, kinds.text));
  }

  /**
   * Answers a request with the stream of a topic, as `Channel.handle` does. At `maxChannels`, and after `close`, the
   * reply makes the client reconnect later; with `openOnRequest: false`, the reply is 204 if the topic has no channel.
   * These replies have the headers of the option `cors` unless `channel` is a function.
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
    const send = (reply: Reply): undefined => {
      if (response.headersSent || response.destroyed) return;
      // On a kept-alive connection, the client would reconnect to the process that is shutting down.
      if (this.#channels.isClosed) endConnectionWith(response);
      setHeaders(response, corsHeaders(this.#settings.cors, request.headers.origin));
      sendReply(response, reply);
    };
    let channel: Channel<Data> | undefined;
    try {
      channel = await this.#enter(topic);
    } catch (error) {
      send(pauseReply(reasonOf(error), RETURN_DELAY));
      if (isExpected(error)) return undefined;
      throw error;
    }
    if (channel === undefined) return send(this.#endReply(readIncoming(request)));
    return channel.handle(request, response, options);
  }

  /** Answers a request of the Fetch standard, as {@link handle} does. */
  async respond(topic: string, request: Request, options?: FetchClientOptions<Data>): Promise<Response> {
    const asked = readFetch(request);
    let reply: Reply;
    try {
      const channel = await this.#enter(topic);
      if (channel !== undefined) return channel.respond(request, options);
      reply = this.#endReply(asked);
    } catch (error) {
      if (!isExpected(error)) throw error;
      reply = pauseReply(reasonOf(error), RETURN_DELAY);
    }
    const cors = corsHeaders(this.#settings.cors, asked.origin);
    return fetchReply(request.method, reply, this.#channels.isClosed ? { ...cors, Connection: "close" } : cors);
  }

  /**
   * Closes every channel as `Channel.close` does, and stops every run. No channel opens afterwards.
   *
   * @returns A promise that resolves when all are closed. Further calls return the same promise.
   */
  close(options: CloseOptions = {}): Promise<void> {
    return this.#channels.close(checkCloseOptions(options));
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Returns the channel for a request; `undefined` if the topic has none and requests do not open one. */
  #enter(topic: string): Promise<Channel<Data>> | undefined {
    const isOpened = this.#settings.openOnRequest || this.#channels.isClosed;
    return isOpened ? this.get(topic) : this.#channels.current(checkValue("topic", topic, kinds.text));
  }

  /** Returns the reply for a topic without a channel. */
  #endReply(request: StreamRequest): Reply {
    const { cors, methods } = this.#settings;
    return preflightReply(cors, request, methods) ?? END_REPLY;
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
