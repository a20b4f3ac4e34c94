import { ServerResponse } from "node:http";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** A socket of `node:http`, with a reference to the response whose turn it is. */
type ServerSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** The sockets that an event stream uses or waits for. */
const owned = new WeakSet<Socket>();

/**
 * Whether the connection of this request has an event stream, open or waiting. A pipelined request for another stream
 * would have to wait for the end of the first, perhaps for days.
 */
export function hasEventStream(response: ServerResponse): boolean {
  const socket = socketOf(response);
  return socket !== undefined && owned.has(socket);
}

/** Marks the connection of an HTTP/1 response as one with an event stream. */
export function ownSocket(response: ServerResponse): void {
  const socket = socketOf(response);
  if (socket !== undefined) owned.add(socket);
}

/** Removes the mark when the event stream is over. The connection can then serve another one. */
export function disownSocket(response: ServerResponse): void {
  const socket = socketOf(response);
  if (socket !== undefined) owned.delete(socket);
}

/**
 * Ends the connection of a response after the operating system has accepted the whole response. A client that
 * reconnects then needs a new connection, which leads to another process when this one no longer listens. On a
 * kept-alive connection, the client would reconnect to the process that is shutting down.
 *
 * Requests that the client pipelined after this one are answered first. On an HTTP/2 connection, the server sends a
 * GOAWAY frame (RFC 9113 section 6.8): its open streams continue to their ends.
 */
export function endConnectionAfter(response: ServerResponse): void {
  if (response instanceof ServerResponse) {
    const { socket } = response;
    if (socket !== null) response.once("finish", () => endWhenIdle(socket));
  } else {
    // The response of the compat API of `node:http2`.
    (response as { stream?: { session?: { close(): void } } }).stream?.session?.close();
  }
}

/** Makes the connection end after a response that has not started yet. */
export function endConnectionWith(response: ServerResponse): void {
  // HTTP/2 has no `Connection` header (RFC 9113 section 8.2.2).
  if (response instanceof ServerResponse) response.setHeader("Connection", "close");
  else endConnectionAfter(response);
}

/** The socket of an HTTP/1 request, also before its response has its turn. Simulated requests may have none. */
function socketOf(response: ServerResponse): Socket | undefined {
  return response instanceof ServerResponse ? (response.req as IncomingMessage | undefined)?.socket : undefined;
}

function endWhenIdle(socket: ServerSocket): void {
  const current = socket._httpMessage;
  if (current !== undefined && current !== null) current.once("close", () => endWhenIdle(socket));
  else if (typeof socket.destroySoon === "function") socket.destroySoon();
  else socket.end();
}
