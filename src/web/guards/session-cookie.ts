import { allowedOriginOf } from "./host.ts";
import type { IncomingMessage } from "node:http";
import type { HostOptions } from "./host.ts";

/**
 * The `Set-Cookie` value of a session.
 *
 * @param value - The session's value; empty to remove the cookie.
 * @param lifetime - How long the browser keeps it, in milliseconds.
 */
export function sessionCookie(request: IncomingMessage, value: string, lifetime: number, options: HostOptions): string {
  // Strict: pages of other sites cannot use it. The sign-in page repeats a request that a link of another site made.
  const attributes = `HttpOnly; SameSite=Strict; Path=/; Max-Age=${Math.floor(lifetime / 1000)}`;
  return `${cookieName(request)}=${value}; ${attributes}${isSecure(request, options) ? "; Secure" : ""}`;
}

/** The values of all cookies with this name: another server on this host may have set one for another path. */
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

/** Cookies do not distinguish ports. With the port in the name, two servers on one host keep both their cookies. */
function cookieName(request: IncomingMessage): string {
  return `tailcast-${request.socket.localPort}`;
}
