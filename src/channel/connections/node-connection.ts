import { ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { checkValue, kinds } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { hasLeft } from "../../http/has-left.ts";
import { waitingBytes } from "../../http/waiting-bytes.ts";
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
 * The maximum size of one write, in bytes. Larger content is written piece by piece, as the client reads it. This makes
 * the progress of a slow client visible, and limits the number of bytes that wait for the operating system.
 */
const PIECE_BYTES = 64 * 1024;

/**
 * The time without traffic, in milliseconds, after which the operating system probes the peer. Node allows ten seconds
 * for the answer. A connection is idle for that long only without heartbeats; only these probes then detect a dead
 * peer.
 */
const KEEP_ALIVE_DELAY = 20_000;

const CHUNKED_GZIP_HEAD = ChunkedBytes.of(GZIP_HEAD);

/**
 * An event stream on a response of `node:http`, or of the compat API of `node:http2`.
 *
 * Bytes are written directly to the socket where that is safe, since `ServerResponse.write` costs a quarter more per
 * delivery (measured at 1 000 clients: 8.9 against 7.2 microseconds). `write` of the response is used when another
 * library replaced it (compression, tracing), when the response does not have its own socket (HTTP/2), and when it does
 * not report chunk framing (HTTP/1.0; Bun, which uses it but does not report it).
 *
 * Node assigns the socket to the response of a pipelined request when the responses before it are over. Until then the
 * connection counts as blocked.
 */
export class NodeConnection implements Connection {
  readonly #response: ServerResponse;
  readonly #listener: ConnectionListener;
  /** The stream to write to: the socket, for which this class writes the HTTP/1.1 chunk framing, or the response. */
  #target: Writable;
  #isDirect = false;
  /** The checksum and length of the bytes sent so far; `undefined` when the stream is not gzip-coded. */
  readonly #gzip: GzipSum | undefined;
  /** The bytes that wait because the target is full: at most one chunk, and the last bytes of the stream. */
  #rest: Buffer[] | undefined;
  #isFull = false;
  #isEnded = false;
  #isClosed = false;
  #endScope: EndScope = "stream";
  /** Stops watching the socket of a response that waits for its turn. */
  #stopWatching: (() => void) | undefined;
  #blockedSince = Infinity;
  #writtenBytes = 0;
  /** The number of bytes that the client had read when `look` last saw a change, and when that was. */
  #readBytes = 0;
  #waitingSince = Infinity;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * Sends the head and `opening`, so that the client's `open` event fires immediately (Firefox waits for a body byte).
   *
   * @param headers - The headers; set them for a format other than event streams.
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
    // HTTP/2 has no pipelining, and the `socket` of its responses is a proxy that throws on many operations.
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
    return Math.min(this.#blockedSince, this.#waitingSince);
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
    // The usual time limit for a client that does not read also applies to the rest.
    this.#blockedSince = Math.min(this.#blockedSince, performance.now());
  }

  destroy(): void {
    this.#isEnded = true;
    const hadTurn = this.#response.socket !== null;
    this.#response.destroy();
    // No bytes wait for the client now, even if its connection closes later.
    this.#blockedSince = Infinity;
    this.#waitingSince = Infinity;
    // Without a socket, Node emits no `close`. Use a microtask, so that no listener is called during its own call.
    if (!hadTurn) queueMicrotask(this.#onClose);
  }

  look(): void {
    if (!this.isEnded && !this.#target.writable) this.#giveUp();
    if (!this.isEnded && !(this.#response instanceof ServerResponse)) this.#lookAtStream();
  }

  /**
   * Measures how long bytes wait in a stream of HTTP/2. A session that does not end although its client has left
   * (before Node 26) accepts a few bytes without becoming full, but never sends them.
   */
  #lookAtStream(): void {
    const waiting = waitingBytes(this.#response);
    const read = this.#writtenBytes - waiting;
    if (waiting === 0) this.#waitingSince = Infinity;
    else if (read !== this.#readBytes || this.#waitingSince === Infinity) this.#waitingSince = performance.now();
    this.#readBytes = read;
  }

  /** Sends the head and the bytes that `write` writes, in one segment. */
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
   * Stops writing, because the target is not writable. Node has ended the socket of a client that half-closed. `close`
   * follows when the client has read all written bytes, to which the usual time limit applies.
   */
  #giveUp(): void {
    this.#isEnded = true;
    this.#rest = undefined;
    this.#blockedSince = Math.min(this.#blockedSince, performance.now());
  }

  /** Writes the waiting bytes, piece by piece, until the target is full. */
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
    // A socket accepts bytes even after its response has ended: they would become part of the next response on a
    // kept-alive connection.
    if (this.#response.writableEnded || !target.writable) {
      this.#giveUp();
      return;
    }
    this.#writtenBytes += payload.length;
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
    // If another library replaced `write`, it may return `undefined`; then no `drain` follows.
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
  if (hasLeft(request, response)) return false;
  if (!response.headersSent) return true;
  throw new TailcastError("HEADERS_SENT", "Cannot open an event stream: the response has already started");
}
