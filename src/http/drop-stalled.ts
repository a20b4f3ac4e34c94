import type { ServerResponse } from "node:http";

/**
 * Drops a client that does not read the bytes that wait for it: it would keep its place forever. A response to which
 * nothing is written stays.
 *
 * @param timeout - How long the client may be blocked, in milliseconds.
 */
export function dropWhenStalled(response: ServerResponse, timeout: number): void {
  // Node emits it once, after a time without traffic.
  response.on("timeout", () => {
    if ((response.socket?.writableLength ?? 0) > 0) response.destroy();
    else response.setTimeout(timeout);
  });
  response.setTimeout(timeout);
}
