import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { HttpError } from "../../http/http-error.ts";
import { allowedOriginOf } from "./host.ts";
import type { IncomingMessage } from "node:http";
import type { HostOptions } from "./host.ts";

/** The token, and the names under which the server answers. */
export interface TokenOptions extends HostOptions {
  /** The secret that every request must have; `undefined` when none is required. */
  readonly token: string | undefined;
}

/**
 * Requires the token, in `Authorization: Bearer` (RFC 6750 section 2.1) or in the cookie that {@link tokenCookie} sets:
 * an EventSource cannot set headers.
 *
 * @throws {HttpError} `UNAUTHORIZED`
 */
export function checkToken(request: IncomingMessage, { token }: TokenOptions): void {
  if (token === undefined) return;
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  // Only visible ASCII characters survive in every header, so clients percent-encode the others.
  if (isSame(bearer, token) || isSame(bearer, encodeURIComponent(token))) return;
  const start = `${cookieName(request)}=`;
  // All of that name: another server on this host may have planted one, for another path or domain.
  const cookies = (request.headers.cookie ?? "").split(/; */).filter((part) => part.startsWith(start));
  if (cookies.some((cookie) => isSame(cookie.slice(start.length), cookieValue(token)))) return;
  const message = 'Cannot answer without the token: open the page once with "?token=", or send "Authorization: Bearer"';
  throw new HttpError("UNAUTHORIZED", message);
}

/**
 * The `Set-Cookie` value for a request that opens the page with the right `?token=`; `undefined` for others.
 *
 * @param shown - The value of `?token=`.
 */
export function tokenCookie(
  request: IncomingMessage,
  shown: string | null,
  options: TokenOptions,
): string | undefined {
  const { token } = options;
  if (token === undefined || shown === null || !isSame(shown, token)) return undefined;
  // Lax: links from anywhere work, and checkOrigin refuses requests of foreign pages.
  const attributes = `HttpOnly; SameSite=Lax; Path=/${isSecure(request, options) ? "; Secure" : ""}`;
  return `${cookieName(request)}=${cookieValue(token)}; ${attributes}`;
}

/** Whether the browser reached the server over TLS. */
function isSecure(request: IncomingMessage, options: HostOptions): boolean {
  const isEncrypted = options.trustProxy.clientOf(request).scheme === "https";
  return isEncrypted || allowedOriginOf(request, options)?.startsWith("https:") === true;
}

/** Cookies do not distinguish ports. With the port in the name, two servers on one host keep both their cookies. */
function cookieName(request: IncomingMessage): string {
  return `tailcast-${request.socket.localPort}`;
}

/** Proves knowledge of the token without the token: browsers send it to every server on this host. */
function cookieValue(token: string): string {
  return createHmac("sha256", token).update("tailcast cookie").digest("hex");
}

/** Compares secrets in a time that does not depend on where they differ. */
function isSame(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
