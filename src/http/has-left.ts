import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";

/**
 * Whether the client of a request has left, so that its response may emit no `close`. A stream of HTTP/2 that was reset
 * with its request is closed before it is destroyed.
 */
export function hasLeft(request: IncomingMessage, response: ServerResponse): boolean {
  const { stream } = response as unknown as Partial<Http2ServerResponse>;
  return response.destroyed || request.socket.destroyed || stream?.closed === true;
}
