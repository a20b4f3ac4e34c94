import { sendJson } from "../http/reply.ts";
import { TailcastError } from "../error.ts";
import type { ServerResponse } from "node:http";
import type { TailcastErrorCode } from "../error.ts";

/** The HTTP status that stands for each error (RFC 9110 section 15). What is not in here is our own fault: 500. */
const STATUS: Partial<Record<TailcastErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  PROJECT_NOT_FOUND: 404,
  BUILD_NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  ALREADY_BUILDING: 409,
  BUILD_ENDED: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  NO_MANIFEST: 422,
  INVALID_MANIFEST: 422,
  NO_SCRIPT: 422,
  QUEUE_FULL: 503,
  SHUTTING_DOWN: 503,
  NOT_STORED: 503,
  TOO_MANY_CLIENTS: 503,
};

/** What an answer of this status says besides. */
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  // RFC 9110 section 15.5.2 asks for it.
  401: { "WWW-Authenticate": 'Bearer realm="tailcast"' },
  // In seconds.
  503: { "Retry-After": "10" },
};

/** Whether an error is the client's affair. What is not is a fault of the server. */
export function isAnswerable(error: unknown): error is TailcastError {
  return error instanceof TailcastError && STATUS[error.code] !== undefined;
}

/**
 * Answers with an error as JSON: `{"error": {"code", "message"}}`, and beside it `extra`, e.g. the build that is in the
 * way. A fault of the server is answered 500 without a word about its inside.
 */
export function answerError(
  response: ServerResponse,
  error: unknown,
  extra: Readonly<Record<string, unknown>> = {},
): void {
  if (response.headersSent) {
    // Too late for a status: the client must not take what it has got for the whole.
    response.destroy();
    return;
  }
  if (!isAnswerable(error)) {
    const message = "Cannot answer this request: an error on the server";
    sendJson(response, 500, { error: { code: "INTERNAL_ERROR", message } });
    return;
  }
  const { code, message } = error;
  const status = STATUS[code] ?? 500;
  sendJson(response, status, { error: { code, message }, ...extra }, HEADERS[status]);
}
