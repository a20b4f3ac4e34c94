import { performance } from "node:perf_hooks";
import { GZIP_HEAD, GzipSum } from "./gzip.ts";
import type { EncodedBytes } from "../log/encoded-bytes.ts";
import type { Connection, ConnectionListener } from "./connection.ts";

/** The number of bytes of a channel that may wait in the body before the client counts as blocked. */
const HIGH_WATER_MARK = 64 * 1024;

/** An event stream as the body of a Fetch `Response`: a stream that the server's runtime reads. */
export class FetchConnection implements Connection {
  readonly body: ReadableStream<Uint8Array>;
  readonly #listener: ConnectionListener;
  readonly #gzip: GzipSum | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  /** A reference that keeps the request in memory: Node aborts its signal only while the request is referenced. */
  readonly #request: Request;
  readonly #onAbort = (): void => this.#leave();
  readonly #highWaterMark: number;
  #isEnded = false;
  #blockedSince = Infinity;
  /** The error with which the body ends, after all written bytes were read. */
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param request - The server aborts its signal when the client has left; some servers cancel the body instead.
   * @param highWaterMark - How many bytes may wait in the body before the client counts as blocked; 0 writes only when
   * the body is being read.
   */
  constructor(
    request: Request,
    gzip: boolean,
    opening: EncodedBytes,
    listener: ConnectionListener,
    highWaterMark: number = HIGH_WATER_MARK,
  ) {
    this.#highWaterMark = highWaterMark;
    this.#listener = listener;
    this.#request = request;
    request.signal.addEventListener("abort", this.#onAbort);
    this.#gzip = gzip ? new GzipSum() : undefined;
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => {
          this.#failWhenEmpty();
          this.#drain();
        },
        cancel: () => this.#cancel(),
      },
      // Do not use a byte stream: it would detach the memory that the clients share.
      { highWaterMark, size: (bytes) => bytes?.byteLength ?? 0 },
    );
    if (gzip) this.#controller?.enqueue(GZIP_HEAD);
    this.write(opening);
  }

  get isBlocked(): boolean {
    return this.#blockedSince !== Infinity;
  }

  get blockedSince(): number {
    return this.#blockedSince;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  write(encoded: EncodedBytes): void {
    if (this.#isEnded) return;
    this.#gzip?.add(encoded);
    this.#controller?.enqueue((this.#gzip === undefined ? encoded.plain : encoded.deflated).payload);
    if ((this.#controller?.desiredSize ?? 0) <= 0) this.#blockedSince = Math.min(this.#blockedSince, performance.now());
  }

  /** Ends the body. This class has no access to the connection, which belongs to the server. */
  end(): void {
    if (this.#isEnded) return;
    if (this.#gzip !== undefined) this.#controller?.enqueue(this.#gzip.tail);
    this.#controller?.close();
    // No event reports that the client has read the last byte, so release the client's place now. Use a microtask, so
    // that no listener is called during its own call.
    this.#isEnded = true;
    queueMicrotask(() => this.#finish());
  }

  /**
   * Ends the body of a client that has left. It ends without an error, since servers would report an error for each
   * client that leaves.
   */
  #leave(): void {
    if (this.#isEnded) return;
    this.#controller?.close();
    this.#isEnded = true;
    queueMicrotask(() => this.#finish());
  }

  /**
   * Ends the stream with an error, which the reader of the body receives after all written bytes.
   *
   * @returns False when the body has already ended, so that the error cannot be delivered.
   */
  fail(error: unknown): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    this.#failure = { error };
    this.#failWhenEmpty();
    queueMicrotask(() => this.#finish());
    return true;
  }

  look(): void {
    // Nothing to check: the server reports a client that has left.
  }

  destroy(): void {
    if (this.#isEnded) return;
    this.#controller?.error(new Error("The event stream was dropped"));
    this.#isEnded = true;
    this.#blockedSince = Infinity;
    queueMicrotask(() => this.#finish());
  }

  #drain(): void {
    if (!this.isBlocked) return;
    this.#blockedSince = Infinity;
    if (!this.#isEnded) this.#listener.onDrain();
  }

  #failWhenEmpty(): void {
    if (this.#failure === undefined || this.#controller?.desiredSize !== this.#highWaterMark) return;
    this.#controller.error(this.#failure.error);
  }

  #cancel(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#finish();
  }

  #finish(): void {
    this.#request.signal.removeEventListener("abort", this.#onAbort);
    this.#listener.onClose();
  }
}
