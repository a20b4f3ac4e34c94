import { isIP } from "node:net";
import { HttpError } from "../../http/http-error.ts";
import type { IncomingMessage } from "node:http";
import type { ProxyTrust } from "../../http/proxy-trust.ts";

/** The host names that the server accepts. */
export interface HostOptions {
  /** The name or address that the server listens on. */
  readonly host: string;
  /**
   * Origins of other pages that may use the API, e.g. `https://ci.example`. The server also accepts their hosts in
   * `Host`.
   */
  readonly allowedOrigins: readonly string[];
  /** The proxies whose headers about the client the server trusts. */
  readonly trustProxy: ProxyTrust;
}

/**
 * The maximum number of headers. By default, Node drops headers above this number, but the guards must check all
 * headers.
 */
const MAX_HEADERS = 1000;

/**
 * Refuses requests that a proxy and this server could interpret differently (RFC 9112 sections 3.2 and 6.1).
 *
 * @param authority - The host in the request target; `undefined` without a host.
 * @throws {HttpError} `BAD_REQUEST`
 */
export function checkForm(request: IncomingMessage, authority: string | undefined): void {
  const { headers, rawHeaders, httpVersion, httpVersionMajor } = request;
  const bad = (reason: string): HttpError => {
    // HTTP/2 has no such header (RFC 9113 section 8.2.2).
    const close = httpVersionMajor >= 2 ? {} : { headers: { Connection: "close" } };
    return new HttpError("BAD_REQUEST", `Cannot answer this request: ${reason}`, close);
  };
  if (rawHeaders.length >= 2 * MAX_HEADERS) throw bad("it has too many headers");
  if (rawHeaders.filter((name, index) => index % 2 === 0 && /^host$/i.test(name)).length > 1) {
    throw bad("it has more than one Host header");
  }
  // RFC 9112 section 3.2.
  if (httpVersion === "1.1" && headers.host === undefined) throw bad("it has no Host header");
  if (authority !== undefined && authority.toLowerCase() !== headers.host?.toLowerCase()) {
    throw bad("its target names another host than its Host header");
  }
  const encoding = headers["transfer-encoding"];
  if (httpVersion === "1.0" && encoding !== undefined) throw bad("HTTP/1.0 has no Transfer-Encoding");
  // Node removes no other encoding, so a compressed body would be read as it is.
  if (encoding !== undefined && encoding.toLowerCase() !== "chunked") throw bad("its Transfer-Encoding is not chunked");
}

/**
 * Refuses foreign host names, on every route. An attacker can point a host name at 127.0.0.1, and pages of that host
 * can then send requests to this server as their own origin (DNS rebinding). But the `Host` header still contains that
 * name. An attacker cannot redirect an IP address, so every address is allowed. The host of an allowed origin must
 * include its port.
 *
 * @throws {HttpError} `FORBIDDEN`
 */
export function checkHost(request: IncomingMessage, options: HostOptions): void {
  if (isOwnName(request, options) || allowedOriginOf(request, options) !== undefined) return;
  const message = "Cannot answer for this host name: open the server by its address, or allow the origin that names it";
  throw new HttpError("FORBIDDEN", message);
}

/** Whether the `Host` header contains a name of the server, with any port. */
export function isOwnName({ headers }: IncomingMessage, { host }: HostOptions): boolean {
  const name = hostName(headers.host ?? "");
  return name === "localhost" || isIP(name) !== 0 || name === host;
}

/** Returns the allowed origin with the host and port of the `Host` header; `undefined` when no origin matches. */
export function allowedOriginOf({ headers }: IncomingMessage, { allowedOrigins }: HostOptions): string | undefined {
  const host = headers.host?.toLowerCase() ?? "";
  return allowedOrigins.find((origin) => {
    const url = new URL(origin);
    const defaultPort = url.protocol === "https:" ? 443 : 80;
    return host === url.host || (url.port === "" && host === `${url.host}:${defaultPort}`);
  });
}

/** Returns the name in a `Host` header, without its port and IPv6 brackets (RFC 9110 section 7.2). */
function hostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, "")
    .replace(/^\[(.*)\]$/, "$1");
}
