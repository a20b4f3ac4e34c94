import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

/**
 * Sends a body in JSON. Redirects are not followed, and the body of the reply is not read.
 *
 * @param timeout - The limit of the whole request, in milliseconds.
 * @returns The status of the reply.
 * @throws The error of the connection, or of a reply that does not arrive in time.
 */
export function postJson(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  { timeout, signal }: { readonly timeout: number; readonly signal: AbortSignal },
): Promise<number> {
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: "POST",
      agent: false,
      signal,
      headers: {
        ...headers,
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
        "user-agent": "tailcast",
      },
    });
    const timer = setTimeout(() => request.destroy(new Error(`no reply in ${timeout / 1000} s`)), timeout);
    request.once("close", () => clearTimeout(timer));
    request.on("error", reject);
    request.once("response", (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    request.end(body);
  });
}
