import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";

/** The kinds of replies whose bytes are counted apart. */
export const replyKinds = ["stream", "log", "other"] as const;

/** The kind of a reply: an event stream, a log as text, or another reply. */
export type ReplyKind = (typeof replyKinds)[number];

/** The kind of replies of a route. */
export function replyKindOf(route: string): ReplyKind {
  if (/\/(?:events|push)$/.test(route)) return "stream";
  return route.endsWith("/log") ? "log" : "other";
}

/**
 * Counts the bytes of connections, heads included, by the kind of the reply that they belong to. Requests that share a
 * connection at the same time (HTTP/2, a pipeline) share its bytes: each byte is counted once, for one of their kinds.
 */
export class SentBytes {
  readonly totals: Record<ReplyKind, number> = { stream: 0, log: 0, other: 0 };
  readonly #counted = new WeakMap<object, number>();

  /** Notes that a request starts. Returns its connection, for {@link count}. */
  start(request: IncomingMessage): object {
    // On HTTP/2, each request has a socket object of its own.
    const { stream } = request as IncomingMessage & Partial<Pick<Http2ServerRequest, "stream">>;
    const connection = stream?.session ?? request.socket;
    if (!this.#counted.has(connection)) this.#counted.set(connection, bytesOf(request));
    return connection;
  }

  /** Counts the bytes that a connection was given since the last call. */
  count(request: IncomingMessage, connection: object, kind: ReplyKind): void {
    const before = this.#counted.get(connection) ?? 0;
    const now = Math.max(before, bytesOf(request));
    this.#counted.set(connection, now);
    this.totals[kind] += now - before;
  }
}

/** The bytes that the connection of a request was given so far; 0 when its HTTP/2 session has gone. */
export function bytesOf({ socket }: IncomingMessage): number {
  return socket.bytesWritten || 0;
}
