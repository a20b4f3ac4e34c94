import { allowedOriginOf } from "./host.ts";
import type { IncomingMessage } from "node:http";
import type { HostOptions } from "./host.ts";

/**
 * Returns the `Set-Cookie` value of a session.
 *
 * @param value - The session's value; empty to remove the cookie.
 * @param lifetime - The time for which the browser keeps it, in milliseconds.
 */
export function sessionCookie(request: IncomingMessage, value: string, lifetime: number, options: HostOptions): string {
  // With `Strict`, pages of other sites cannot use the cookie. For a link on another site, the sign-in page repeats the
  // request.
  const attributes = `HttpOnly; SameSite=Strict; Path=/; Max-Age=${Math.floor(lifetime / 1000)}`;
  return `${cookieName(request)}=${value}; ${attributes}${isSecure(request, options) ? "; Secure" : ""}`;
}

/** Returns the values of all cookies with this name. Another server on this host may have set one for another path. */
export function cookieValues(request: IncomingMessage): readonly string[] {
  const start = `${cookieName(request)}=`;
  const parts = (request.headers.cookie ?? "").split(/; */).filter((part) => part.startsWith(start));
  return parts.map((part) => part.slice(start.length));
}

/** Whether the browser reached the server over TLS. */
function isSecure(request: IncomingMessage, options: HostOptions): boolean {
  const isEncrypted = options.trustProxy.clientOf(request).scheme === "https";
  return isEncrypted || allowedOriginOf(request, options)?.startsWith("https:") === true;
}

/**
 * Returns the name of the cookie. It contains the port, because cookies do not distinguish ports, and two servers on
 * one host need separate cookies.
 */
function cookieName(request: IncomingMessage): string {
  return `tailcast-${request.socket.localPort}`;
}
