import { pauseReply } from "../channel/clients/admission.ts";
import { TailcastError } from "../error.ts";
import { HttpError } from "../http/http-error.ts";
import { sendJson, sendReply } from "../http/reply.ts";
import { isOutOfFiles } from "../runner/project/out-of-files.ts";
import type { ServerResponse } from "node:http";
import type { TailcastErrorCode } from "../error.ts";

/**
 * The status of the library's errors that a request can cause. All others are faults of the server, with status 500.
 */
const STATUS: Partial<Record<TailcastErrorCode, number>> = {
  PROJECT_NOT_FOUND: 404,
  BUILD_NOT_FOUND: 404,
  ALREADY_BUILDING: 409,
  BUILD_ENDED: 409,
  NO_MANIFEST: 422,
  INVALID_MANIFEST: 422,
  NO_SCRIPT: 422,
  INVALID_VARIABLES: 422,
  MISSING_VARIABLES: 422,
  QUEUE_FULL: 503,
  SHUTTING_DOWN: 503,
  LOG_UNAVAILABLE: 503,
  LOG_TIMEOUT: 503,
};

/** The codes of the library's errors that a request can cause. */
export const requestErrorCodes: readonly string[] = Object.keys(STATUS);

/** The headers of every reply with this status. */
export const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  // RFC 9110 section 15.5.2 requires this header.
  401: { "WWW-Authenticate": 'Bearer realm="tailcast"' },
  // The value is in seconds.
  429: { "Retry-After": "10" },
  503: { "Retry-After": "10" },
};

/** The codes of temporary refusals, which do not depend on the request. */
const TEMPORARY: readonly string[] = ["TOO_MANY_REQUESTS", "OUT_OF_FILES", "LOG_UNAVAILABLE"];

/**
 * The minimum time after which an EventSource reconnects after a temporary refusal, in milliseconds. The maximum is
 * twice this time.
 */
const PAUSE = 5000;

/** A reply to a failed request: its status, the content of `error`, and headers. */
interface Refusal {
  readonly status: number;
  readonly error: { readonly code: string; readonly message: string };
  readonly headers: Readonly<Record<string, string>>;
}

/** Returns the reply to an error that the request or the load caused; `undefined` for a fault of the server. */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof HttpError) {
    const { status, code, message } = error;
    return { status, error: { code, message }, headers: { ...HEADERS[status], ...error.headers } };
  }
  if (isOutOfFiles(error)) {
    const message = "Cannot answer this request now: the server has too many files open; try again later";
    return refusalOf(new HttpError("OUT_OF_FILES", message, { cause: error }));
  }
  if (!(error instanceof TailcastError)) return undefined;
  const { code, message } = error;
  const status = STATUS[code];
  return status === undefined ? undefined : { status, error: { code, message }, headers: HEADERS[status] ?? {} };
}

/** Returns the code in the reply to an error; `undefined` for a fault of the server. */
export function refusalCode(error: unknown): string | undefined {
  return refusalOf(error)?.error.code;
}

/**
 * Replies to a failed request with `{"error": {"code", "message"}}`. The reply to a fault of the server is a 500
 * without internal details. An EventSource never reconnects after a 429 or a 503, so it receives a temporary refusal as
 * a stream with a `retry:`.
 *
 * @param extra - Fields in addition to `error`, e.g. the build that prevents the requested one.
 */
export function sendError(
  response: ServerResponse,
  error: unknown,
  extra: Readonly<Record<string, unknown>> = {},
): void {
  if (response.headersSent) {
    // The status was already sent. The broken connection shows the client that the reply is incomplete.
    response.destroy();
    return;
  }
  const refusal = refusalOf(error);
  if (refusal !== undefined && TEMPORARY.includes(refusal.error.code) && wantsEvents(response)) {
    sendReply(response, pauseReply(refusal.error.message, PAUSE));
  } else if (refusal !== undefined) {
    sendJson(response, refusal.status, { error: refusal.error, ...extra }, refusal.headers);
  } else {
    sendError(response, new HttpError("INTERNAL_ERROR", "Cannot answer this request: an error on the server"));
  }
}

function wantsEvents({ req }: ServerResponse): boolean {
  return req.headers.accept?.includes("text/event-stream") ?? false;
}
