import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";

/**
 * The number of bytes that the client has not read. With HTTP/2 they wait in the stream of the response, not in its
 * socket.
 */
export function waitingBytes(response: ServerResponse): number {
  const { stream } = response as unknown as Partial<Http2ServerResponse>;
  return (stream ?? response.socket)?.writableLength ?? 0;
}
