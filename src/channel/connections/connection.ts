import type { EncodedBytes } from "../log/encoded-bytes.ts";

/** The headers of every event stream (HTML 9.2.5 and 9.2.7; RFC 9111 section 5.2.2). */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  // No charset parameter: the format is always UTF-8, and Chromium closes a stream that names another one.
  "Content-Type": "text/event-stream",
  // no-store: caches must not store the stream. no-transform: proxies must not buffer bytes to compress them.
  "Cache-Control": "no-store, no-transform",
  // Without this header, nginx buffers the response, even the status line, until it has 4 kB, and does not report that
  // the client has left.
  "X-Accel-Buffering": "no",
};

/** The object that a connection reports to. */
export interface ConnectionListener {
  /** Called when a blocked connection can be written to again, because the client has read its bytes. */
  onDrain(): void;
  /** Called when the connection is over, whether the client or the server ended it. It is the last call. */
  onClose(): void;
}

/**
 * The scope of an end: only the `stream`, so that the connection can serve the client's next request, or the
 * `connection` as well, so that a client that reconnects can reach another process.
 */
export type EndScope = "stream" | "connection";

/**
 * The open event-stream response of one client, over any HTTP API.
 */
export interface Connection {
  /** Whether the client must read the written bytes before the server sends more. `onDrain` follows. */
  readonly isBlocked: boolean;
  /**
   * The time (by `performance.now()`) since which the client has not read its waiting bytes; `Infinity` when no bytes
   * wait.
   */
  readonly blockedSince: number;
  /** Whether the stream was ended, or its connection is over. */
  readonly isEnded: boolean;
  /**
   * Writes bytes. Afterwards, the caller should not write more while `isBlocked` is true. It has no effect after the
   * stream was ended.
   */
  write(bytes: EncodedBytes): void;
  /**
   * Ends the stream after all written bytes. `onClose` follows when the client has read them, or has left.
   *
   * @param scope - Default `"stream"`.
   */
  end(scope?: EndScope): void;
  /**
   * Checks whether the client has half-closed the connection, so that writing is no longer possible: no event reports
   * this. The supervisor calls it regularly.
   */
  look(): void;
  /** Drops the connection immediately, with all unread bytes. */
  destroy(): void;
}
