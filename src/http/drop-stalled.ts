import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";

/**
 * Drops a client that does not read its waiting bytes, because it would keep its place forever. It does not drop an
 * open response without waiting bytes.
 *
 * @param timeout - The time for which the client may be blocked, in milliseconds.
 */
export function dropWhenStalled(response: ServerResponse, timeout: number): void {
  // Node emits `timeout` once, after this time without traffic.
  response.on("timeout", () => {
    if (response.writableEnded || waitingBytes(response) > 0) response.destroy();
    else response.setTimeout(timeout);
  });
  response.setTimeout(timeout);
}

/**
 * The number of bytes that the client has not read. With HTTP/2 they wait in the stream of the response, not in its
 * socket.
 */
function waitingBytes(response: ServerResponse): number {
  const { stream } = response as unknown as Partial<Http2ServerResponse>;
  return (stream ?? response.socket)?.writableLength ?? 0;
}
