import { waitingBytes } from "./waiting-bytes.ts";
import type { ServerResponse } from "node:http";

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
