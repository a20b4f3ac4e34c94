import { doubtful, ok, wrong } from "./finding.ts";
import type { FindingKind } from "./finding.ts";

/** The ids of the findings below. */
export type AnswerId =
  | "redirected"
  | "status"
  | "status-204"
  | "status-refused"
  | "no-answer"
  | "content-type"
  | "content-type-wrong"
  | "charset-wrong"
  | "cache"
  | "cache-unstated"
  | "cache-stored"
  | "transform-allowed"
  | "nginx-buffering"
  | "content-length"
  | "encoding"
  | "encoding-held"
  | "encoding-identity"
  | "encoding-unknown"
  | "vary-encoding"
  | "close-delimited"
  | "connection-close"
  | "http-version";

/** The findings about the head of the response. */
export const ANSWER: Readonly<Record<AnswerId, FindingKind>> = {
  "redirected": ok("The URL redirects; a browser follows each time that it connects", "HTML 9.2.3"),
  "status": ok("The status is 200", "HTML 9.2.3"),
  "status-204": doubtful(
    "The server answers 204: the stream is complete",
    "HTML 9.2.3",
    "An EventSource ends for good at 204 and never reconnects. That is right only after the last event.",
    "Answer 200 while events may follow.",
  ),
  "status-refused": wrong(
    "The server does not answer with 200",
    "HTML 9.2.3",
    "An EventSource ends for good at every other status, also at 401, 429 and 503, and ignores Retry-After.",
    "Answer 200. To send a client away for a while, write a retry line and end the response.",
  ),
  "no-answer": wrong(
    "The server sends no response head",
    "RFC 9110, 15",
    "The page stays in the state CONNECTING. Many servers send the head only with the first event.",
    "Send the head and a comment line at once (in node:http, response.flushHeaders()).",
  ),
  "content-type": ok("The content type is text/event-stream", "HTML 9.2.3"),
  "content-type-wrong": wrong(
    "The content type is not text/event-stream",
    "HTML 9.2.3",
    "An EventSource ends for good at every other content type.",
    "Send Content-Type: text/event-stream.",
  ),
  "charset-wrong": wrong(
    "The charset is not UTF-8",
    "HTML 9.2.5",
    "An event stream is always UTF-8. Chromium ends the EventSource for every other charset.",
    "Send Content-Type: text/event-stream, without a charset.",
  ),
  "cache": ok("Caches do not store the stream", "RFC 9111, 5.2.2"),
  "cache-unstated": doubtful(
    "No Cache-Control header keeps caches from storing the stream",
    "RFC 9111, 4.2.2",
    "A cache may store a response with status 200, and may deliver old events, or wait for the end of the response.",
    "Send Cache-Control: no-store, no-transform.",
  ),
  "cache-stored": wrong(
    "Cache-Control allows caches to store the stream",
    "RFC 9111, 5.2.2",
    "A client behind a cache receives old events, or none until the response ends.",
    "Send Cache-Control: no-store, no-transform.",
  ),
  "transform-allowed": doubtful(
    "Proxies may compress the stream",
    "RFC 9111, 5.2.2.6",
    "A proxy or a middleware that compresses collects bytes before it sends them, so that events arrive late.",
    "Add no-transform to Cache-Control.",
  ),
  "nginx-buffering": doubtful(
    "Nothing switches off the buffer of nginx",
    "",
    "nginx collects the response of an upstream server in buffers of 4 or 8 KiB unless a header forbids it.",
    "Send X-Accel-Buffering: no, or set proxy_buffering off.",
  ),
  "content-length": wrong(
    "The response has a Content-Length",
    "RFC 9112, 6.3",
    "A stream has no length: the client ends at that byte and reconnects, or waits for bytes that never come.",
    "Do not set Content-Length.",
  ),
  "encoding": ok("Each compressed event arrives at once", "RFC 9110, 8.4"),
  "encoding-held": wrong(
    "The compression holds events back",
    "RFC 9110, 8.4",
    "The compressor collects bytes until a block is full. The same stream without compression arrives earlier.",
    "Flush the compressor after each event, or do not compress event streams.",
  ),
  "encoding-identity": doubtful(
    "Content-Encoding: identity is sent",
    "RFC 9110, 8.4",
    "The name is reserved for Accept-Encoding; some clients refuse it as unknown.",
    "Do not send Content-Encoding for a body that is not compressed.",
  ),
  "encoding-unknown": wrong(
    "The client did not ask for this Content-Encoding",
    "RFC 9110, 8.4",
    "A client cannot decode the body, or reads bytes that are not events.",
    "Do not send Content-Encoding for a body that is not compressed.",
  ),
  "vary-encoding": doubtful(
    "Vary does not name Accept-Encoding",
    "RFC 9110, 12.5.5",
    "The response was compressed because of the Accept-Encoding of the request. A cache could give it to others.",
    "Send Vary: Accept-Encoding.",
  ),
  "close-delimited": doubtful(
    "Only the end of the connection ends the body",
    "RFC 9112, 6.3",
    "The client cannot tell a complete response from one that was cut.",
    "Answer HTTP/1.1 requests with Transfer-Encoding: chunked, which servers do without Content-Length.",
  ),
  "connection-close": doubtful(
    "The connection closes after the response",
    "RFC 9112, 9.6",
    "Each reconnection needs a new connection, and with TLS a new handshake.",
    "Do not send Connection: close.",
  ),
  "http-version": ok("The server speaks HTTP/1.1 or later", "RFC 9110, 2.5"),
};
