import { ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { checkValue, kinds } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { ChunkedBytes, chunkHead } from "../log/encoded-bytes.ts";
import { EVENT_STREAM_HEADERS } from "./connection.ts";
import { GZIP_HEAD, GzipSum } from "./gzip.ts";
import { onSocketClose } from "./socket-close.ts";
import { disownSocket, endConnectionAfter, ownSocket } from "./socket-owner.ts";
import type { IncomingMessage } from "node:http";
import type { Writable } from "node:stream";
import type { EncodedBytes } from "../log/encoded-bytes.ts";
import type { Connection, ConnectionListener, EndScope } from "./connection.ts";

/**
 * The longest write, in bytes. Longer bytes are handed over piece by piece, as the client reads them: so progress of a
 * slow client shows, and the bytes that the operating system has not taken are bounded.
 */
const PIECE_BYTES = 64 * 1024;

/**
 * After how many milliseconds of silence the operating system probes whether the peer is still there; Node gives it
 * ten seconds to answer. Only without heartbeats is a connection silent for that long: then only probes find a dead
 * peer.
 */
const KEEP_ALIVE_DELAY = 20_000;

const CHUNKED_GZIP_HEAD = ChunkedBytes.of(GZIP_HEAD);

/**
 * An event stream on a response of `node:http`, or of the compat API of `node:http2`.
 *
 * Bytes go straight to the socket where that is safe, since `ServerResponse.write` costs a quarter more per delivery
 * (measured at 1 000 clients: 8.9 against 7.2 microseconds). `write` of the response is used when another library
 * replaced it (compression, tracing), when the response has no plain socket of its own (HTTP/2), and when it has no
 * chunk framing that this class knows of (HTTP/1.0; Bun, which chunks and says that it does not).
 *
 * The response to a pipelined request gets its socket when the responses before it are over. Until then the connection
 * counts as blocked.
 */
export class NodeConnection implements Connection {
  readonly #response: ServerResponse;
  readonly #listener: ConnectionListener;
  /** The stream that is written to: the socket, with the HTTP/1.1 chunk framing from here, or the response itself. */
  #target: Writable;
  #isDirect = false;
  /** The bytes sent so far, when the stream is gzip-coded. */
  readonly #gzip: GzipSum | undefined;
  /**
   * The bytes that were written but not handed over yet, since the target is full: at most one chunk, and what ends the
   * stream.
   */
  #rest: Buffer[] | undefined;
  #isFull = false;
  #isEnded = false;
  #isClosed = false;
  #endScope: EndScope = "stream";
  /** Stops watching the socket of a response that waits for its turn. */
  #stopWatching: (() => void) | undefined;
  #blockedSince = Infinity;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * Sends the head and `opening`, so that the client's `open` event fires at once (Firefox waits for a body byte).
   *
   * @param headers - The headers of another format than that of event streams.
   */
  constructor(
    response: ServerResponse,
    gzip: boolean,
    opening: EncodedBytes | undefined,
    listener: ConnectionListener,
    headers: Readonly<Record<string, string>> = EVENT_STREAM_HEADERS,
  ) {
    this.#response = response;
    this.#headers = headers;
    this.#target = response;
    this.#listener = listener;
    this.#gzip = gzip ? new GzipSum() : undefined;
    response.on("close", this.#onClose);
    ownSocket(response);
    // HTTP/2 has no queue, and its response a stand-in for a socket that refuses to be touched.
    if (response instanceof ServerResponse && response.socket === null) {
      this.#isFull = true;
      this.#rest = [];
      this.#blockedSince = performance.now();
      if (opening !== undefined) this.write(opening);
      response.once("socket", this.#onTurn);
      // Node closes the requests of a connection that ends, but not the responses that wait for their turn.
      this.#stopWatching = onSocketClose(response.req.socket, this.#onClose);
    } else {
      this.#open(() => opening && this.write(opening));
    }
  }

  get isBlocked(): boolean {
    return this.#isFull || this.#rest !== undefined;
  }

  get blockedSince(): number {
    return this.#blockedSince;
  }

  get isEnded(): boolean {
    // The application may have ended its response itself.
    return this.#isEnded || this.#response.writableEnded;
  }

  write(encoded: EncodedBytes): void {
    if (this.#isEnded) return;
    this.#gzip?.add(encoded);
    const bytes = this.#gzip === undefined ? encoded.plain : encoded.deflated;
    if (this.#rest === undefined && bytes.payload.length <= PIECE_BYTES) {
      this.#put(bytes);
    } else {
      this.#rest ??= [];
      this.#rest.push(bytes.payload);
      this.#handOver();
    }
  }

  end(scope: EndScope = "stream"): void {
    if (this.isEnded) return;
    this.#isEnded = true;
    this.#endScope = scope;
    if (this.#rest === undefined) this.#finish();
    // The client must read the rest within the usual time limit.
    this.#blockedSince = Math.min(this.#blockedSince, performance.now());
  }

  destroy(): void {
    this.#isEnded = true;
    const hadTurn = this.#response.socket !== null;
    this.#response.destroy();
    // Nothing waits for the client now, even if its connection closes only later.
    this.#blockedSince = Infinity;
    // Without a socket, Node reports nothing. A listener is never called from within its own call.
    if (!hadTurn) queueMicrotask(this.#onClose);
  }

  look(): void {
    if (!this.isEnded && !this.#target.writable) this.#giveUp();
  }

  /** Sends the head, and with it, in one segment, what `write` writes. */
  #open(write: () => void): void {
    const response = this.#response;
    const socket = response instanceof ServerResponse ? response.socket : null;
    // The server's inactivity timeout must not end an idle stream. Heartbeats and probes find dead clients.
    socket?.setTimeout(0);
    socket?.setNoDelay(true);
    socket?.setKeepAlive(true, KEEP_ALIVE_DELAY);
    socket?.cork();
    if (this.#gzip !== undefined) response.setHeader("Content-Encoding", "gzip");
    response.writeHead(200, this.#headers);
    response.flushHeaders();
    if (socket !== null && response.chunkedEncoding && response.write === ServerResponse.prototype.write) {
      this.#target = socket;
      this.#isDirect = true;
    }
    if (this.#gzip !== undefined) this.#put(CHUNKED_GZIP_HEAD);
    write();
    socket?.uncork();
  }

  /** Called when the responses before this one are over. */
  readonly #onTurn = (): void => {
    this.#stopWatching?.();
    if (this.#response.destroyed) return;
    if (this.#rest?.length === 0) this.#rest = undefined;
    this.#open(this.#onDrain);
  };

  /**
   * Nothing more can be written. Node has ended the socket of a client that half-closed: `close` follows when the
   * client has read what was written, for which it has as much time as any other.
   */
  #giveUp(): void {
    this.#isEnded = true;
    this.#rest = undefined;
    this.#blockedSince = Math.min(this.#blockedSince, performance.now());
  }

  /** Hands over what waits, piece by piece, until the target is full. */
  #handOver(): void {
    while (this.#rest !== undefined && !this.#isFull) {
      const [bytes, ...others] = this.#rest;
      const piece = bytes?.subarray(0, PIECE_BYTES);
      const remainder = bytes?.subarray(PIECE_BYTES);
      if (remainder !== undefined && remainder.length > 0) this.#rest[0] = remainder;
      else this.#rest = others.length > 0 ? others : undefined;
      if (piece !== undefined) this.#put(ChunkedBytes.view(piece));
    }
  }

  #put({ payload, chunked }: ChunkedBytes): void {
    const target = this.#target;
    // A socket accepts bytes even after its response has ended: they would land in the next response on a kept-alive
    // connection.
    if (this.#response.writableEnded || !target.writable) {
      this.#giveUp();
      return;
    }
    let hasRoom: boolean;
    if (!this.#isDirect) {
      hasRoom = target.write(payload);
    } else if (chunked !== undefined) {
      hasRoom = target.write(chunked);
    } else {
      target.cork();
      target.write(chunkHead(payload.length), "latin1");
      target.write(payload);
      hasRoom = target.write("\r\n", "latin1");
      target.uncork();
    }
    // A `write` that another library replaced may return nothing at all; then no `drain` would follow.
    if (hasRoom !== false || this.#isFull) return;
    this.#isFull = true;
    this.#blockedSince = performance.now();
    target.once("drain", this.#onDrain);
  }

  readonly #onDrain = (): void => {
    this.#isFull = false;
    this.#blockedSince = this.#isEnded ? performance.now() : Infinity;
    this.#handOver();
    if (this.isBlocked) return;
    if (!this.#isEnded) this.#listener.onDrain();
    else if (!this.#response.writableEnded) this.#finish();
  };

  #finish(): void {
    if (this.#endScope === "connection") endConnectionAfter(this.#response);
    this.#response.end(this.#gzip?.tail);
  }

  readonly #onClose = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isEnded = true;
    this.#rest = undefined;
    // The socket may serve the next request of the connection, so remove all listeners.
    this.#target.off("drain", this.#onDrain);
    this.#response.off("socket", this.#onTurn);
    this.#stopWatching?.();
    disownSocket(this.#response);
    this.#listener.onClose();
  };
}

/**
 * Returns whether the client of a request is still connected, so that an event stream can be opened.
 *
 * @throws {TailcastError} `HEADERS_SENT` when the response has already started.
 */
export function isConnected(request: IncomingMessage, response: ServerResponse): boolean {
  checkValue("request", request, kinds.nodeRequest);
  checkValue("response", response, kinds.nodeResponse);
  if (response.destroyed || request.socket.destroyed) return false;
  if (!response.headersSent) return true;
  throw new TailcastError("HEADERS_SENT", "Cannot open an event stream: the response has already started");
}
