import { once } from "node:events";
import { join } from "node:path";
import { TlsServer } from "../../dist/tls-server.js";
import { makeCertificate } from "./certificate.js";
import { dataFolder } from "./program.js";
import type { RequestListener } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { TlsLimits } from "../../dist/tls-server.js";

const TIMES = { headersTimeout: 10_000, requestTimeout: 30_000, idleTimeout: 60_000, keepAliveTimeout: 5000 };

/** Starts a `TlsServer` with these times; resolves with its port. The server ends with the test. */
export async function serveTls(
  t: TestContext,
  handle: RequestListener,
  times: Partial<TlsLimits & typeof TIMES> = {},
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<number> {
  const folder = dataFolder(t);
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  makeCertificate(files.cert, files.key, "localhost");
  const tls = new TlsServer(files, { ...TIMES, ...times }, handle, () => undefined);
  tls.server.on("connection", onConnection);
  tls.server.listen(0, "127.0.0.1");
  await once(tls.server, "listening");
  t.after(() => {
    tls.close();
    tls.closeAllConnections();
  });
  return (tls.server.address() as AddressInfo).port;
}
