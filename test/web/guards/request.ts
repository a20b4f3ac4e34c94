import type { IncomingMessage } from "node:http";

/** As much of a request as the guards read. */
export function request(headers: Record<string, string>, method = "GET", socket: object = {}): IncomingMessage {
  return { headers, method, socket: { localPort: 3000, ...socket } } as unknown as IncomingMessage;
}

/** Options of the guards: a name of the server, and an allowed origin on another port than that of https. */
export const options = {
  host: "build.example",
  allowedOrigins: ["https://ci.example:8443", "https://www.example"],
  allowCredentials: false,
  token: "s3cret=;ü",
};
