import type { EncodedBytes } from "../log/encoded-bytes.ts";

/** The headers of every event stream (HTML 9.2.5 and 9.2.7; RFC 9111 section 5.2.2). */
export const EVENT_STREAM_HEADERS: Readonly<Record<string, string>> = {
  // No charset parameter: the format is always UTF-8, and Chromium closes a stream that names another one.
  "Content-Type": "text/event-stream",
  // no-store: a cache must not answer for us. no-transform: nobody on the way may hold bytes back to compress them.
  "Cache-Control": "no-store, no-transform",
  // nginx otherwise withholds even the status line until 4 kB have come, and hides that the client left.
  "X-Accel-Buffering": "no",
};

/** Who a connection reports to. */
export interface ConnectionListener {
  /** The client has taken what was written and takes more, after a `write` that left the connection blocked. */
  onDrain(): void;
  /** The connection is over, whoever ended it. Nothing is called after this. */
  onClose(): void;
}

/**
 * The open event-stream response of one client, whatever carries it: writes shared bytes, tells whether the client
 * keeps up, and ends.
 */
export interface Connection {
  /** Whether the client must take what was written before it gets more: then `onDrain` will come. */
  readonly isBlocked: boolean;
  /**
   * Since when (by `performance.now()`) the client has taken nothing of what waits for it; `Infinity` when nothing
   * waits.
   */
  readonly blockedSince: number;
  /** Whether the stream was ended, or is gone. */
  readonly isEnded: boolean;
  /** Writes bytes; afterwards `isBlocked` tells whether more should follow. Does nothing once the stream was ended. */
  write(chunk: EncodedBytes): void;
  /** Ends the stream after what was written. `onClose` comes when the client has taken it all, or is gone. */
  end(): void;
  /** Takes note of a client that ended its half, so that nothing can be written: nobody tells. Called now and then. */
  look(): void;
  /** Drops the connection at once, with whatever the client has not taken. */
  destroy(): void;
}
