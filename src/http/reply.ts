import type { ServerResponse } from "node:http";
import type { HttpErrorCode } from "./http-error.ts";

/** A complete reply as data. `node:http` and Fetch can send it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty: the reply has no body. */
  readonly body: string;
}

/** Returns a JSON reply that caches must not store. */
export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  const body = `${JSON.stringify(value)}\n`;
  const own = {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": String(Buffer.byteLength(body)),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  };
  return { status, headers: { ...own, ...headers }, body };
}

/** Returns the reply to a refused request: `{"error": {"code", "message"}}`. */
export function errorReply(
  status: number,
  code: HttpErrorCode,
  message: string,
  headers?: Readonly<Record<string, string>>,
): Reply {
  return jsonReply(status, { error: { code, message } }, headers);
}

/** Sends a reply. For `HEAD`, Node omits the body and keeps the length. */
export function sendReply(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, headers);
  response.end(body);
}

/** Sends a JSON reply. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers?: Readonly<Record<string, string>>,
): void {
  sendReply(response, jsonReply(status, value, headers));
}

/** Converts a reply to a `Response` of the Fetch standard, with additional headers. */
export function fetchReply(method: string, reply: Reply, headers: Readonly<Record<string, string>> = {}): Response {
  const { status, body } = reply;
  // The constructor throws for any body with 204, even an empty one.
  const isBare = status === 204 || method === "HEAD";
  return new Response(isBare ? null : body, { status, headers: { ...reply.headers, ...headers } });
}

/** Sets headers on a response that has not started. A value of `Vary` is added to the existing one. */
export function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (name === "Vary") addVary(response, value);
    else response.setHeader(name, value);
  }
}

/**
 * Marks a reply as dependent on the client's codings, in addition to its other dependencies (RFC 9110 section
 * 12.5.5).
 */
export function addVary(response: ServerResponse, names = "Accept-Encoding"): void {
  const before = response.getHeader("Vary");
  response.setHeader("Vary", before === undefined ? names : `${String(before)}, ${names}`);
}
