import { performance } from "node:perf_hooks";
import { TailcastError } from "../error.ts";
import { encodeComment, encodeEvent } from "../protocol/encode.ts";
import { prefersGzip } from "../http/accept.ts";
import { EncodedBytes } from "./log/encoded-bytes.ts";
import { Supervisor } from "./clients/supervisor.ts";
import { pauseAfterSlice } from "./clients/time-slice.ts";
import { sendSource } from "./stream-source.ts";
import type { Supervised } from "./clients/supervisor.ts";
import type { Connection, ConnectionListener } from "./connections/connection.ts";
import type { StreamRequest } from "./connections/stream-request.ts";
import type { EventStreamSettings } from "./event-stream-options.ts";
import type { StreamEvent, StreamSource } from "./stream-source.ts";

const HEARTBEAT = new EncodedBytes(encodeComment(""));

/** Opens and ends the connection of a stream with the functions of one HTTP API. */
export interface StreamTransport {
  open(gzip: boolean, opening: EncodedBytes, listener: ConnectionListener): Connection;
  /** Ends the stream because its source failed. */
  fail(connection: Connection, error: unknown): void;
}

/** Ends a stream after the sent events, because the code that produces its events failed. */
export let failStream: (stream: EventStream, error: unknown) => void;

/** An open event stream to one client; see `openEventStream`. */
export class EventStream {
  /** The last event id that the client sent; empty when it sent none. */
  readonly lastEventId: string;
  /** Resolves when the stream is over, whether the client or the server ended it. Never rejects. */
  readonly closed: Promise<void>;
  readonly #over = new AbortController();
  readonly #transport: StreamTransport;
  readonly #watched: Supervised;
  /** Whether the server has ended the stream, and whether a failure was the reason. */
  #isClosing = false;
  #hasFailed = false;
  /** The last send. The next one waits for it, which keeps the order of the events. */
  #queue: Promise<void> = Promise.resolve();
  /** Wakes the send that waits for the client. */
  #wake: () => void = () => undefined;

  /** @internal Use `openEventStream`, `sendEventStream` or `respondEventStream`. */
  constructor(request: StreamRequest, settings: EventStreamSettings, transport: StreamTransport) {
    const { retry, compress } = settings;
    this.lastEventId = request.lastEventId;
    this.#transport = transport;
    let resolveClosed: () => void;
    this.closed = new Promise((resolve) => (resolveClosed = resolve));
    const clients = new Set<Supervised>();
    const supervisor = new Supervisor(clients, settings, HEARTBEAT, {
      onStall: ({ connection }) => connection.destroy(),
      onAge: ({ connection }) => {
        this.#abort(clientLeft());
        connection.end("connection");
      },
    });
    const opening = new EncodedBytes(retry === undefined ? encodeComment("") : encodeEvent({ retry }));
    const connection = transport.open(compress && prefersGzip(request.acceptEncoding), opening, {
      onDrain: () => this.#wake(),
      onClose: () => {
        supervisor.stop();
        this.#abort(this.#isClosing ? streamClosed() : clientLeft());
        resolveClosed();
      },
    });
    this.#watched = { connection, lastWriteAt: performance.now(), expiresAt: supervisor.expiry() };
    clients.add(this.#watched);
    supervisor.start();
  }

  /**
   * Aborted when the stream is over, whether the client or the server ended it. Pass the signal to the code that
   * produces the events (a `fetch`, the SDK of a model), so that this code stops when the client leaves. The `reason`
   * is a `TailcastError`: `CHANNEL_CLOSED` after {@link close}, otherwise `CLIENT_LEFT`.
   */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Sends an event, or a comment.
   *
   * Resolves when the client can receive more events: if the caller awaits each call, it sends at the client's pace,
   * and no events accumulate. A caller need not await the promise: a client that leaves never causes an unhandled
   * rejection, but an invalid event does.
   *
   * @throws {TailcastError} (as a rejection) `INVALID_EVENT` when a client could not read the event unchanged;
   * `CLIENT_LEFT` when the client has left or was disconnected (`stallTimeout`, `maxConnectionAge`); `CHANNEL_CLOSED`
   * after `close()`.
   */
  send(event: StreamEvent): Promise<void> {
    let bytes: EncodedBytes;
    try {
      bytes = new EncodedBytes(encodeEvent(typeof event === "string" ? { data: event } : event));
    } catch (error) {
      // A mistake of the caller must not be silent.
      return Promise.reject(error as Error);
    }
    const sent = this.#send(bytes);
    sent.catch(() => undefined);
    return sent;
  }

  /** Sends a comment, which clients ignore. Otherwise the same as {@link send}. */
  comment(text: string): Promise<void> {
    return this.send({ comment: text });
  }

  /**
   * Sends every event of a source, at the client's pace. Resolves when the source ends; the stream stays open.
   *
   * When the client leaves, the promise rejects with `CLIENT_LEFT` immediately, even if the source is silent. The
   * stream stops the source with `return()` of an iterator or `cancel()` of a `ReadableStream`; the promise does not
   * wait for it. After `close()`, the promise rejects with `CHANNEL_CLOSED`. A caller need not await these rejections.
   *
   * When the source fails, the stream ends after the sent events, and the promise rejects with the error of the source;
   * with `INVALID_OPTION` when `source` is not a source.
   *
   * In a handler that is an async function, prefer `sendEventStream`, which does not reject when the client leaves.
   */
  sendAll(source: StreamSource): Promise<void> {
    const sent: Promise<void> = sendSource(source, (event) => this.send(event), this.signal).catch((error: unknown) => {
      if (this.signal.aborted || this.#isClosing) sent.catch(() => undefined);
      else this.#fail(error);
      // A source that watches the signal may fail because of the abort, before the promise of the signal rejects.
      throw this.signal.aborted ? this.signal.reason : error;
    });
    return sent;
  }

  /**
   * Ends the stream after the sent events. An EventSource of a browser then reconnects.
   *
   * @returns The promise `closed`, which resolves when the client has received everything or has left.
   */
  close(): Promise<void> {
    this.#isClosing = true;
    void this.#queue.then(() => this.#watched.connection.end());
    return this.closed;
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #send(bytes: EncodedBytes): Promise<void> {
    if (this.#isClosing) throw streamClosed();
    const sent = this.#queue.then(() => this.#write(bytes));
    this.#queue = sent.catch(() => undefined);
    await sent;
  }

  /** Stops the code that produces the events, and the waiting sends. */
  #abort(reason: TailcastError): void {
    this.#over.abort(reason);
    this.#wake();
  }

  /** Ends the stream after the sent events, because its source failed. */
  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#isClosing = this.#hasFailed = true;
    void this.#queue.then(() => this.#transport.fail(this.#watched.connection, error));
  }

  async #write(bytes: EncodedBytes): Promise<void> {
    const { connection } = this.#watched;
    // The connection may already be over before it emits its event, so the source need not wait for the event.
    if (connection.isEnded) this.#over.abort(clientLeft());
    this.signal.throwIfAborted();
    connection.write(bytes);
    this.#watched.lastWriteAt = performance.now();
    if (connection.isBlocked) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      // If the client has left meanwhile, it has not received the event.
      this.signal.throwIfAborted();
    }
    // Pause after the event, so that the pause does not delay it.
    const pause = pauseAfterSlice();
    if (pause !== undefined) await pause;
  }

  static {
    failStream = (stream, error) => stream.#fail(error);
  }
}

function clientLeft(): TailcastError {
  return new TailcastError("CLIENT_LEFT", "Cannot send to the client: it has left or was disconnected");
}

function streamClosed(): TailcastError {
  return new TailcastError("CHANNEL_CLOSED", "Cannot send to the client: the stream was closed");
}
