import { HttpError } from "../../http/http-error.ts";
import { allowedMethods } from "../../http/router.ts";
import { isOwnName } from "./host.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Route } from "../../http/router.ts";
import type { HostOptions } from "./host.ts";

/** The options that determine which pages may use the API. */
export interface OriginOptions extends HostOptions {
  /** Whether pages of allowed origins may send the cookie of the session. */
  readonly allowCredentials: boolean;
}

/**
 * Refuses pages of other origins. For a page of an allowed origin it sets the CORS headers (Fetch, "CORS protocol"),
 * which every reply to the request has, including errors.
 *
 * Browsers send `Origin` with every POST and with every cross-origin EventSource. `Sec-Fetch-Site` identifies
 * cross-site requests without `Origin` (images, scripts). Links from other sites are allowed.
 *
 * @throws {HttpError} `FORBIDDEN`
 */
export function checkOrigin(request: IncomingMessage, response: ServerResponse, options: OriginOptions): void {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (origin === undefined) {
    const isForeign = site === "cross-site" || site === "same-site";
    const isNavigation = request.headers["sec-fetch-mode"] === "navigate" && request.method === "GET";
    if (isForeign && !isNavigation) throw new HttpError("FORBIDDEN", "Cannot answer a page of another origin");
    return;
  }
  response.setHeader("Vary", "Origin");
  // If no trusted proxy reports the scheme, an untrusted proxy may add TLS, so both schemes are accepted. For the host
  // of an allowed origin, only the scheme of that origin is accepted.
  const { scheme } = options.trustProxy.clientOf(request);
  const schemes = scheme === undefined ? ["http", "https"] : [scheme];
  if (isOwnName(request, options) && schemes.some((name) => origin === `${name}://${host}`)) return;
  if (!options.allowedOrigins.includes(origin)) {
    const message = "Cannot answer a page of this origin: it is not among the allowed ones (--allowed-origin)";
    throw new HttpError("FORBIDDEN", message);
  }
  response.setHeader("Access-Control-Allow-Origin", origin);
  if (options.allowCredentials) response.setHeader("Access-Control-Allow-Credentials", "true");
  // Without this, a page of another origin cannot read these headers.
  response.setHeader("Access-Control-Expose-Headers", "Location, Retry-After");
}

/**
 * Answers `OPTIONS` with the methods of the route. Browsers also send it before a request of a page of another origin
 * (Fetch, "CORS-preflight"), always without credentials.
 */
export function sendOptions(request: IncomingMessage, response: ServerResponse, route: Route): void {
  const allow = allowedMethods(route);
  response.setHeader("Allow", allow);
  if (request.headers["access-control-request-method"] !== undefined) {
    response.setHeader("Access-Control-Allow-Methods", allow.replace(", OPTIONS", ""));
    const headers = "Authorization, Cache-Control, Content-Type, Last-Event-ID, X-Requested-With";
    response.setHeader("Access-Control-Allow-Headers", headers);
    response.setHeader("Access-Control-Max-Age", "600");
  }
  response.writeHead(204).end();
}
