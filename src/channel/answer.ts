import type { TailcastErrorCode } from "../error.ts";
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

/**
 * Sends a complete JSON answer and nothing else: `{"error": {"code", "message"}}` for what went wrong.
 *
 * Safe for `HEAD`: Node leaves the body away and keeps the length.
 */
export function sendJson(response: ServerResponse, status: number, value: unknown, headers?: OutgoingHttpHeaders): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": body.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
  });
  response.end(body);
}

/** Refuses a request with a complete JSON answer. */
export function sendError(
  response: ServerResponse,
  status: number,
  code: TailcastErrorCode,
  message: string,
  headers?: OutgoingHttpHeaders,
): void {
  sendJson(response, status, { error: { code, message } }, headers);
}
