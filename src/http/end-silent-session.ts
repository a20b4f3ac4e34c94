import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";

/** The number of intervals in which a client may send no byte. */
const SILENT_INTERVALS = 3;

/**
 * The number of bytes that are more than heartbeats and PINGs. A connection that accepts them in one interval is alive:
 * the answer to a PING that follows megabytes of a log can take minutes on a slow network.
 */
const BULK_BYTES = 64 * 1024;

/**
 * Destroys the connection of an HTTP/2 session whose client sends no byte, and reads little or nothing, in three
 * intervals. A silent client receives a PING in each interval, which it must answer (RFC 9113 section 6.7), so only
 * dead connections and clients that do not read are affected.
 *
 * Node stops reading from a connection while it writes. Before version 26, a write over TLS that follows a failed one
 * never ends, so Node never reads that the client has left, and keeps the socket and all streams. `destroy()` of such a
 * session ends its streams, but not its socket.
 *
 * @param socket - The TLS socket of the session. The property `socket` of a session cannot be destroyed.
 * @param interval - The interval, in milliseconds.
 */
export function endSilentSession(session: ServerHttp2Session, socket: Socket, interval: number): void {
  let { bytesRead, bytesWritten } = socket;
  let silentIntervals = 0;
  const check = (): void => {
    const isUsed = socket.bytesRead > bytesRead || socket.bytesWritten - bytesWritten >= BULK_BYTES;
    ({ bytesRead, bytesWritten } = socket);
    // Bytes that a client sends after the end of its session do not keep the socket.
    silentIntervals = isUsed && !session.destroyed ? 0 : silentIntervals + 1;
    if (silentIntervals === SILENT_INTERVALS) {
      // In this order: the end of a write of a session that is not destroyed can end the process (Node 20).
      session.destroy();
      socket.destroy();
    } else if (silentIntervals > 0 && !session.destroyed) {
      session.ping(() => undefined);
    }
  };
  const timer = setInterval(check, interval).unref();
  socket.once("close", () => clearInterval(timer));
}
