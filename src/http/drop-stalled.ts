import type { ServerResponse } from "node:http";

/**
 * Drops a client that takes nothing of what waits for it for so long: it would hold its place for ever. A response to
 * which nothing was written for that long is left alone.
 *
 * @param timeout - In milliseconds.
 */
export function dropWhenStalled(response: ServerResponse, timeout: number): void {
  // Node emits it after a time in which nothing was sent or taken, once.
  response.on("timeout", () => {
    if ((response.socket?.writableLength ?? 0) > 0) response.destroy();
    else response.setTimeout(timeout);
  });
  response.setTimeout(timeout);
}
