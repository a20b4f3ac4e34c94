import { performance } from "node:perf_hooks";
import { MAX_DELAY, checkInteger, checkValue, kinds } from "../check-options.ts";
import { TailcastError } from "../error.ts";
import { encodeComment, encodeEvent } from "../protocol/encode.ts";
import { prefersGzip } from "../http/accept.ts";
import { HEAD_REPLY, refuseRequest } from "./clients/admission.ts";
import { addVary, sendReply } from "../http/reply.ts";
import { EncodedBytes } from "./log/encoded-bytes.ts";
import { NodeConnection } from "./connections/node-connection.ts";
import { readIncoming } from "./connections/stream-request.ts";
import { Sweeper } from "./clients/sweeper.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { EventFields } from "../protocol/encode.ts";
import type { StreamRequest } from "./connections/stream-request.ts";

/** The options of {@link openEventStream}. */
export interface EventStreamOptions {
  /** The longest silence in milliseconds before a comment is sent. Default 15 000; 0 turns heartbeats off. */
  heartbeat?: number | undefined;
  /** The reconnection time that the client is told, in milliseconds. Default: it keeps its own. */
  retry?: number | undefined;
  /**
   * A client that takes nothing for this many milliseconds while more waits for it is disconnected. Default 60 000; 0
   * means never.
   */
  stallTimeout?: number | undefined;
  /** Whether the stream is gzip-coded for a client that accepts it. Default false. */
  compress?: boolean | undefined;
}

interface Settings {
  readonly heartbeat: number;
  readonly retry: number | undefined;
  readonly stallTimeout: number;
  readonly compress: boolean;
}

const HEARTBEAT = new EncodedBytes(encodeComment(""));

/**
 * Answers a request with an event stream of its own: the tokens of a model, the progress of a task. What everybody
 * should see belongs in a `Channel`.
 *
 * ```js
 * const stream = openEventStream(request, response);
 * await stream?.sendAll(tokens);
 * stream?.close();
 * ```
 *
 * @returns The stream; `undefined` when the request was answered otherwise (405 for another method than GET, HEAD or
 * POST, 406 when it excludes the format, the bare head for HEAD) or its client has gone already.
 * @throws {TailcastError} `INVALID_OPTION`; `HEADERS_SENT` when the response was begun already.
 */
export function openEventStream(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  options: EventStreamOptions = {},
): EventStream | undefined {
  const { heartbeat = 15_000, stallTimeout = 60_000, compress = false, retry } = options;
  const settings = {
    heartbeat: checkInteger("heartbeat", heartbeat, { min: 0, max: MAX_DELAY }),
    stallTimeout: checkInteger("stallTimeout", stallTimeout, { min: 0, max: MAX_DELAY }),
    compress: checkValue("compress", compress, kinds.boolean),
    retry: retry === undefined ? undefined : checkInteger("retry", retry, { min: 0, max: MAX_DELAY }),
  };
  // The compat API of HTTP/2 has all that is used here of the other, though not all that the other's types name.
  return open(request as IncomingMessage, response as ServerResponse, settings);
}

function open(request: IncomingMessage, response: ServerResponse, settings: Settings): EventStream | undefined {
  if (response.destroyed || request.socket.destroyed) return undefined;
  if (response.headersSent) {
    throw new TailcastError("HEADERS_SENT", "Cannot open an event stream: the response was begun already");
  }
  if (settings.compress) addVary(response);
  const asked = readIncoming(request);
  // A question to a model is too long for a URL: unlike a channel, this may be asked for by POST.
  const refused = refuseRequest(asked, ["GET", "HEAD", "POST"]);
  const answer = refused ?? (asked.method === "HEAD" ? HEAD_REPLY : undefined);
  if (answer !== undefined) {
    sendReply(response, answer);
    return undefined;
  }
  return new EventStream(response, asked, settings);
}

/** An open event stream to one client; see {@link openEventStream}. */
export class EventStream {
  /** The last event id that the client came with; empty when it came with none. */
  readonly lastEventId: string;
  /** Resolves when the stream is over, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  readonly #over = new AbortController();
  readonly #connection: NodeConnection;
  readonly #settings: Settings;
  readonly #sweeper: Sweeper<EventStream>;
  #lastWriteAt: number = performance.now();
  /** The send that was asked for last: the next one waits for it, so that nothing overtakes. */
  #queue: Promise<void> = Promise.resolve();
  /** Wakes the send that waits for the client. */
  #wake: () => void = () => undefined;

  /** @internal Use {@link openEventStream}. */
  constructor(response: ServerResponse, request: StreamRequest, settings: Settings) {
    const { heartbeat, stallTimeout, retry, compress } = settings;
    this.lastEventId = request.lastEventId;
    this.#settings = settings;
    let over: () => void;
    this.closed = new Promise((resolve) => (over = resolve));
    const opening = new EncodedBytes(retry === undefined ? encodeComment("") : encodeEvent({ retry }));
    this.#connection = new NodeConnection(response, compress && prefersGzip(request.acceptEncoding), opening, {
      onDrain: () => this.#wake(),
      onClose: () => {
        this.#sweeper.stop();
        this.#over.abort(new TailcastError("CHANNEL_CLOSED", "The event stream is over"));
        this.#wake();
        over();
      },
    });
    const delays = [heartbeat, stallTimeout].filter((delay) => delay > 0);
    this.#sweeper = new Sweeper<EventStream>(new Set([this]), Math.min(...delays, 10_000), () => this.#lookAfter());
    this.#sweeper.start();
  }

  /**
   * Aborted when the stream is over: hand it to whatever makes the events, so that it stops for a client that has gone.
   */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Sends an event, or a comment.
   *
   * @returns When the client takes more. Whoever waits for it before sending the next goes as fast as the client reads,
   * and nothing piles up.
   * @throws {TailcastError} (as a rejection) `INVALID_EVENT` for what no client could read back as it was given;
   * `CHANNEL_CLOSED` when the stream is over.
   */
  async send(event: EventFields | string): Promise<void> {
    const chunk = new EncodedBytes(encodeEvent(typeof event === "string" ? { data: event } : event));
    const sent = this.#queue.then(() => this.#write(chunk));
    this.#queue = sent.catch(() => undefined);
    return await sent;
  }

  /**
   * Sends everything that a source gives, as fast as the client reads, and returns the source when the client has gone.
   */
  async sendAll(source: AsyncIterable<EventFields | string> | Iterable<EventFields | string>): Promise<void> {
    for await (const event of source) await this.send(event);
  }

  /** Sends a comment, which clients ignore. */
  comment(text: string): Promise<void> {
    return this.send({ comment: text });
  }

  /** Ends the stream after what was sent. A browser's EventSource will reconnect. */
  close(): void {
    void this.#queue.then(() => this.#connection.end());
  }

  /** Closes the stream and waits until it is over, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return this.closed;
  }

  async #write(chunk: EncodedBytes): Promise<void> {
    if (this.#connection.isEnded)
      throw new TailcastError("CHANNEL_CLOSED", "Cannot send the event: the stream is over");
    this.#connection.write(chunk);
    this.#lastWriteAt = performance.now();
    if (!this.#connection.isBlocked) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    // What the client never took was not sent.
    if (this.signal.aborted) throw this.signal.reason;
  }

  #lookAfter(): void {
    const { heartbeat, stallTimeout } = this.#settings;
    this.#connection.look();
    const now = performance.now();
    if (stallTimeout > 0 && now - this.#connection.blockedSince >= stallTimeout) {
      this.#connection.destroy();
    } else if (
      heartbeat > 0 &&
      !this.#connection.isBlocked &&
      now - this.#lastWriteAt > heartbeat - this.#sweeper.period
    ) {
      this.#connection.write(HEARTBEAT);
      this.#lastWriteAt = now;
    }
  }
}
