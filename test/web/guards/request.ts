import { ProxyTrust } from "../../../dist/http/proxy-trust.js";
import type { IncomingMessage } from "node:http";

/** As much of a request as the guards read. */
export function request(headers: Record<string, string>, method = "GET", socket: object = {}): IncomingMessage {
  return { headers, method, socket: { localPort: 3000, ...socket } } as unknown as IncomingMessage;
}

/** The address of the trusted proxy. */
export const PROXY = "192.0.2.1";

/** Options of the guards: a name of the server, a trusted proxy, and an allowed origin on another port than https. */
export const options = {
  host: "build.example",
  allowedOrigins: ["https://ci.example:8443", "https://www.example"],
  allowCredentials: false,
  trustProxy: new ProxyTrust([PROXY]),
};
