import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { Socket } from "node:net";

/** The kinds of replies whose bytes are counted separately. */
export const replyKinds = ["stream", "log", "other"] as const;

/** The kind of a reply: an event stream, a log as text or as lines, or another reply. */
export type ReplyKind = (typeof replyKinds)[number];

/** Returns the kind of a route's replies. */
export function replyKindOf(route: string): ReplyKind {
  if (/\/(?:events|push)$/.test(route)) return "stream";
  return /\/(?:log|lines|outline)$/.test(route) ? "log" : "other";
}

/**
 * Counts the bytes of connections, including heads, by the kind of the reply. Requests that share a connection at the
 * same time (HTTP/2, a pipeline) share its bytes: each byte is counted once, for one of their kinds.
 */
export class SentBytes {
  readonly totals: Record<ReplyKind, number> = { stream: 0, log: 0, other: 0 };
  /** The number of counted bytes of each connection. */
  readonly #counted = new WeakMap<Socket, number>();

  /** Records the start of a request on a connection. */
  start(connection: Socket): void {
    if (!this.#counted.has(connection)) this.#counted.set(connection, bytesOf(connection));
  }

  /** Counts the bytes that were written to a connection since the last call. */
  count(connection: Socket, kind: ReplyKind): void {
    const before = this.#counted.get(connection) ?? 0;
    const now = Math.max(before, bytesOf(connection));
    this.#counted.set(connection, now);
    this.totals[kind] += now - before;
  }
}

/**
 * Returns the connection of a request. On HTTP/2, `request.socket` is a proxy, which loses the connection when it
 * closes.
 */
export function connectionOf(request: IncomingMessage): Socket {
  const { stream } = request as IncomingMessage & Partial<Pick<Http2ServerRequest, "stream">>;
  // The proxy of the session binds methods to the connection, so `valueOf` returns the connection.
  return stream?.session === undefined ? request.socket : (stream.session.socket.valueOf() as Socket);
}

/**
 * Returns the number of bytes written to a connection; 0 for an HTTP/2 connection that closed before its request was
 * read.
 */
export function bytesOf({ bytesWritten }: Socket): number {
  return bytesWritten || 0;
}
