import { doubtful, ok, wrong } from "./finding.ts";
import type { FindingKind } from "./finding.ts";

/** The ids of the findings below. */
export type AccessId =
  | "same-origin"
  | "cors"
  | "cors-missing"
  | "cors-several"
  | "cors-wildcard"
  | "cors-any-origin"
  | "vary-origin"
  | "preflight"
  | "preflight-refused"
  | "head"
  | "head-differs"
  | "head-hangs"
  | "accept"
  | "accept-fails"
  | "http10"
  | "http10-chunked"
  | "http10-fails";

/** The findings about other requests: of other origins, methods and versions. */
export const ACCESS: Readonly<Record<AccessId, FindingKind>> = {
  "same-origin": ok("A page of the same origin needs no CORS", "Fetch 3.3"),
  "cors": ok("Pages of the origin may read the stream", "Fetch 3.3"),
  "cors-missing": wrong(
    "Pages of the origin may not read the stream",
    "Fetch 3.3.3",
    "The browser ends the EventSource for good without an Access-Control-Allow-Origin that names the origin or *.",
    "Send Access-Control-Allow-Origin with the origin of the page.",
  ),
  "cors-several": wrong(
    "Access-Control-Allow-Origin has several values",
    "Fetch 3.3.3",
    "Only one origin, or *, is allowed; browsers refuse a list. A server and its proxy may both add the header.",
    "Send the header once, with the Origin of the request if you allow it.",
  ),
  "cors-wildcard": wrong(
    "Access-Control-Allow-Origin is * with credentials",
    "Fetch 3.3.5",
    "A page with withCredentials may not read the stream: the browser refuses * for requests with cookies.",
    "Send the origin of the page instead of *.",
  ),
  "cors-any-origin": wrong(
    "Every origin may read the stream with the cookies of the user",
    "Fetch 3.3.3",
    "The server allowed an invented origin with credentials, so any page that a user visits can read the stream.",
    "Compare the Origin with a list.",
  ),
  "vary-origin": doubtful(
    "Vary does not name Origin",
    "Fetch 3.3.5",
    "The response depends on the Origin of the request. A cache could give it to a page of another origin.",
    "Send Vary: Origin.",
  ),
  "preflight": ok("A preflight request allows Last-Event-ID", "Fetch 3.3.2"),
  "preflight-refused": doubtful(
    "A preflight request does not allow Last-Event-ID",
    "Fetch 3.3.2",
    "EventSource needs no preflight request, but clients made on fetch do, and cannot resume in another origin.",
    "Answer OPTIONS with 204 and Access-Control-Allow-Headers: Last-Event-ID.",
  ),
  "head": ok("HEAD is answered like GET", "RFC 9110, 9.3.2"),
  "head-differs": doubtful(
    "HEAD is not answered like GET",
    "RFC 9110, 9.3.2",
    "Monitors and link checkers use HEAD. A server must support it, with the status and headers of GET.",
    "Answer HEAD with the same head, and end.",
  ),
  "head-hangs": doubtful(
    "The response to HEAD does not arrive",
    "RFC 9110, 9.3.2",
    "The server seems to count it as a client of the stream, which it serves without end.",
    "Answer HEAD with the same head, and end.",
  ),
  "accept": ok("A request that does not accept event streams is answered", "RFC 9110, 12.5.1"),
  "accept-fails": wrong(
    "A request that does not accept event streams fails",
    "RFC 9110, 12.5.1",
    "The server may answer 406 or ignore Accept; an error of the server is neither.",
    "Answer 406.",
  ),
  "http10": ok("HTTP/1.0, which many proxies speak to a server, works", "RFC 9112, 6.1"),
  "http10-chunked": wrong(
    "The server answers HTTP/1.0 with chunks",
    "RFC 9112, 6.1",
    "HTTP/1.0 has no chunks, so their sizes become part of the events. nginx before 1.29.7 speaks it to a server.",
    "Answer HTTP/1.0 without Transfer-Encoding, and end the body with the connection.",
  ),
  "http10-fails": doubtful(
    "The server does not stream over HTTP/1.0",
    "RFC 9112, 2.3",
    "nginx before 1.29.7 speaks HTTP/1.0 to a server unless proxy_http_version says otherwise.",
    "Answer HTTP/1.0 without Transfer-Encoding, or set proxy_http_version 1.1 in the proxy.",
  ),
};
