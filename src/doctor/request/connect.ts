import { connect as connectTcp, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";

/** An open connection to the host of a URL. */
export interface Connection {
  readonly socket: Socket;
  /** Whether the server has chosen HTTP/2. */
  readonly isHttp2: boolean;
}

/**
 * Connects to the host of a URL, with TLS for `https:`. Over TLS it offers HTTP/2, as browsers do.
 *
 * @param protocols - The protocols to offer over TLS.
 * @param signal - Ends the attempt.
 * @throws {Error} When the connection fails.
 */
export function connect(url: URL, protocols: readonly string[], signal: AbortSignal): Promise<Connection> {
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const isSecure = url.protocol === "https:";
  const port = url.port === "" ? (isSecure ? 443 : 80) : Number(url.port);
  return new Promise((resolve, reject) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = isSecure
      ? connectTls({ host, port, ALPNProtocols: [...protocols], ...servername })
      : connectTcp({ host, port });
    const stop = (): void => void socket.destroy(new Error("the server did not accept the connection in time"));
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    socket.once("error", reject);
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      signal.removeEventListener("abort", stop);
      socket.off("error", reject);
      // The request that uses the socket has its own listener.
      socket.on("error", () => undefined);
      resolve({ socket, isHttp2: isSecure && (socket as TLSSocket).alpnProtocol === "h2" });
    });
  });
}
