import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { HttpError } from "../http/http-error.ts";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Who may talk to the server. */
export interface GuardOptions {
  /** The name or address that the server was told to listen on. */
  readonly host: string;
  /** Origins of pages that may use the API, e.g. `https://ci.example`; the server answers to their host names, too. */
  readonly allowedOrigins: readonly string[];
  /** The secret that every request must show; `undefined` when none is asked for. */
  readonly token: string | undefined;
}

/**
 * Refuses names that are not ours, on every route. A page on the web can point its own host name at 127.0.0.1 and then
 * talk to us as its own origin (DNS rebinding); its name is in the `Host` header all the same. An IP address as `Host`
 * is no such name, so it is allowed.
 *
 * @throws {HttpError} `FORBIDDEN`
 */
export function checkHost(request: IncomingMessage, options: GuardOptions): void {
  const name = hostName(request.headers.host ?? "");
  const ours = [options.host, ...options.allowedOrigins.map((origin) => hostName(origin.replace(/^\w+:\/\//, "")))];
  if (name === "localhost" || isIP(name) !== 0 || ours.includes(name)) return;
  const message = "Cannot answer for this host name: open the server by its address, or allow the origin that names it";
  throw new HttpError("FORBIDDEN", message);
}

/** The name in a `Host` header, without its port and the brackets of IPv6 (RFC 9110 section 7.2). */
function hostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1");
}

/**
 * Refuses pages of other origins, unless their origin is allowed: then it sets the CORS headers (Fetch, "CORS
 * protocol"), which every answer of the request carries, errors too.
 *
 * Browsers send `Origin` with every POST and with every EventSource across origins; what comes without one across sites
 * (an image, a script) is told by `Sec-Fetch-Site`. Following a link here is fine.
 *
 * @throws {HttpError} `FORBIDDEN`
 */
export function checkOrigin(request: IncomingMessage, response: ServerResponse, options: GuardOptions): void {
  const { origin } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (origin === undefined) {
    const isForeign = site === "cross-site" || site === "same-site";
    const isNavigation = request.headers["sec-fetch-mode"] === "navigate" && request.method === "GET";
    if (isForeign && !isNavigation) throw new HttpError("FORBIDDEN", "Cannot answer a page of another origin");
    return;
  }
  response.setHeader("Vary", "Origin");
  if (origin === `http://${request.headers.host}` || origin === `https://${request.headers.host}`) return;
  if (!options.allowedOrigins.includes(origin)) {
    const message = "Cannot answer a page of this origin: it is not among the allowed ones (--allowed-origin)";
    throw new HttpError("FORBIDDEN", message);
  }
  response.setHeader("Access-Control-Allow-Origin", origin);
  response.setHeader("Access-Control-Allow-Credentials", "true");
  // Not among the headers that a foreign page may read without this.
  response.setHeader("Access-Control-Expose-Headers", "Location, Retry-After");
}

/** Answers the question that a browser asks before it sends a request of a foreign page (Fetch, "CORS-preflight"). */
export function answerPreflight(response: ServerResponse): void {
  response.writeHead(204, {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "Authorization, Cache-Control, Content-Type, Last-Event-ID, X-Requested-With",
    "Access-Control-Max-Age": 600,
  });
  response.end();
}

/**
 * Asks for the token, in `Authorization: Bearer` (RFC 6750 section 2.1) or in the cookie that {@link tokenCookie} sets:
 * an EventSource cannot set headers.
 *
 * @throws {HttpError} `UNAUTHORIZED`
 */
export function checkToken(request: IncomingMessage, { token }: GuardOptions): void {
  if (token === undefined) return;
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  // A header has no other characters than visible ASCII for certain; others are percent-encoded.
  if (isSame(bearer, token) || isSame(bearer, encodeURIComponent(token))) return;
  const name = cookieName(request);
  const cookie = request.headers.cookie?.split("; ").find((part) => part.startsWith(`${name}=`)) ?? "";
  if (isSame(cookie.slice(name.length + 1), cookieValue(token))) return;
  const message = 'Cannot answer without the token: open the page once with "?token=", or send "Authorization: Bearer"';
  throw new HttpError("UNAUTHORIZED", message);
}

/** The `Set-Cookie` value for who opened the page with the right `?token=`; `undefined` for others. */
export function tokenCookie(
  request: IncomingMessage,
  shown: string | null,
  { token }: GuardOptions,
): string | undefined {
  if (token === undefined || shown === null || !isSame(shown, token)) return undefined;
  // Lax: a link to a build works from anywhere, and what a foreign page asks for is refused by its origin.
  return `${cookieName(request)}=${cookieValue(token)}; HttpOnly; SameSite=Lax; Path=/`;
}

/** Cookies know no ports: without it, two servers on one machine would overwrite each other's. */
function cookieName(request: IncomingMessage): string {
  return `tailcast-${request.socket.localPort}`;
}

/** Shows that somebody knew the token, without telling it to every other server on the machine. */
function cookieValue(token: string): string {
  return createHmac("sha256", token).update("tailcast cookie").digest("hex");
}

/** Compares secrets in a time that does not depend on where they differ. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
