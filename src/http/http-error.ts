/**
 * The reasons why the server refuses a request, as a closed set: compare `error.code` in the reply, never the message.
 */
export type HttpErrorCode =
  | "BAD_REQUEST"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "METHOD_NOT_ALLOWED"
  | "NOT_ACCEPTABLE"
  | "REQUEST_TIMEOUT"
  | "BODY_TOO_LARGE"
  | "UNSUPPORTED_MEDIA_TYPE"
  | "EXPECTATION_FAILED"
  | "HEADERS_TOO_LARGE"
  | "INVALID_PATTERN"
  | "TOO_MANY_ATTEMPTS"
  | "INTERNAL_ERROR"
  | "NOT_STORED"
  | "OUT_OF_FILES"
  | "TOO_MANY_CLIENTS"
  | "TOO_MANY_REQUESTS";

/** The status of each refusal (RFC 9110 section 15). */
const STATUS: Readonly<Record<HttpErrorCode, number>> = {
  BAD_REQUEST: 400,
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  EXPECTATION_FAILED: 417,
  HEADERS_TOO_LARGE: 431,
  INVALID_PATTERN: 422,
  TOO_MANY_ATTEMPTS: 429,
  INTERNAL_ERROR: 500,
  NOT_STORED: 503,
  OUT_OF_FILES: 503,
  TOO_MANY_CLIENTS: 503,
  TOO_MANY_REQUESTS: 429,
};

/** Each possible {@link HttpErrorCode}. */
export const httpErrorCodes: readonly string[] = Object.keys(STATUS);

/** The refusal of a request, with the status and the headers of the reply. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly code: HttpErrorCode;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * @param code - It determines the status.
   * @param message - It is part of the reply.
   * @param options - `cause` stays on the server; `headers` are sent with the reply.
   */
  constructor(
    code: HttpErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options);
    this.code = code;
    this.status = STATUS[code];
    this.headers = options.headers ?? {};
  }
}
