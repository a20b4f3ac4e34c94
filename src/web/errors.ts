import { sendJson } from "../channel/answer.ts";
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
  TOO_MANY_CLIENTS: 503,
};

/** How long, in seconds, a client should wait before it asks again for what there was no room for. */
const RETRY_AFTER = "10";

/**
 * Answers with an error as JSON: `{"error": {"code", "message"}}`, and beside it `extra`, e.g. the build that is in the way.
 * An error that is not a {@link TailcastError} is answered 500 without a word about its inside.
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
  const known = error instanceof TailcastError ? error : undefined;
  const status = (known && STATUS[known.code]) ?? 500;
  if (known === undefined || status === 500) {
    const body = { error: { code: "INTERNAL_ERROR", message: "Cannot answer this request: an error on the server" } };
    sendJson(response, 500, body);
    return;
  }
  const body = { error: { code: known.code, message: known.message }, ...extra };
  sendJson(response, status, body, status === 503 ? { "Retry-After": RETRY_AFTER } : {});
}
