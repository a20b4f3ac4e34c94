import type { EncodedBytes } from "../log/encoded-bytes.ts";

/** The headers of every event stream (HTML 9.2.5 and 9.2.7; RFC 9111 section 5.2.2). */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  // No charset parameter: the format is always UTF-8, and Chromium closes a stream that names another one.
  "Content-Type": "text/event-stream",
  // no-store: caches must not store the stream. no-transform: proxies must not buffer bytes to compress them.
  "Cache-Control": "no-store, no-transform",
  // Without it, nginx delays even the status line until it has 4 kB, and hides that the client has left.
  "X-Accel-Buffering": "no",
};

/** The object that a connection reports to. */
export interface ConnectionListener {
  /** The client has read what was written, after a `write` that left the connection blocked. */
  onDrain(): void;
  /** The connection is over, whichever side ended it. Nothing is called after this. */
  onClose(): void;
}

/**
 * Whether only the stream ends, whose connection may then serve the client's next request, or the connection with it,
 * so that a client that reconnects reaches another process.
 */
export type EndScope = "stream" | "connection";

/**
 * The open event-stream response of one client, over any HTTP API.
 */
export interface Connection {
  /** Whether the client must read the written bytes before it gets more. `onDrain` follows. */
  readonly isBlocked: boolean;
  /**
   * Since when (by `performance.now()`) the client has read nothing of the bytes that wait for it; `Infinity` when no
   * bytes wait.
   */
  readonly blockedSince: number;
  /** Whether the stream was ended, or is gone. */
  readonly isEnded: boolean;
  /** Writes bytes; afterwards `isBlocked` shows whether more should follow. Does nothing once the stream was ended. */
  write(bytes: EncodedBytes): void;
  /**
   * Ends the stream after what was written. `onClose` follows when the client has read it all, or is gone.
   *
   * @param scope - Default `"stream"`.
   */
  end(scope?: EndScope): void;
  /** Notices a client that ended its half, so that nothing can be written: no event reports it. Called regularly. */
  look(): void;
  /** Drops the connection at once, with everything that the client has not read. */
  destroy(): void;
}
