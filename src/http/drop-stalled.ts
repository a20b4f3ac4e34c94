import type { ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";

/**
 * Drops a client that does not read the bytes that wait for it: it would keep its place forever. A response to which
 * nothing is written stays, unless it has ended.
 *
 * @param timeout - How long the client may be blocked, in milliseconds.
 */
export function dropWhenStalled(response: ServerResponse, timeout: number): void {
  // Node emits `timeout` once, after a time without traffic.
  response.on("timeout", () => {
    if (response.writableEnded || waitingBytes(response) > 0) response.destroy();
    else response.setTimeout(timeout);
  });
  response.setTimeout(timeout);
}

/** The bytes that the client has not read. On HTTP/2 they wait in the stream of the response, and not in its socket. */
function waitingBytes(response: ServerResponse): number {
  const { stream } = response as unknown as Partial<Http2ServerResponse>;
  return (stream ?? response.socket)?.writableLength ?? 0;
}
