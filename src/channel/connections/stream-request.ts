import { checkValue, kinds } from "../../check-options.ts";
import { splitTarget } from "../../http/request-target.ts";
import { decodeLastEventId } from "../../protocol/event-id.ts";
import type { IncomingMessage } from "node:http";

const NO_QUERY = new URLSearchParams();

/** The properties of a request for an event stream that count, whatever brought it. */
export interface StreamRequest {
  readonly method: string;
  /** The `Accept` and `Accept-Encoding` headers. */
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
  /** The id of the last event that the client has seen; empty for a client that has seen none. */
  readonly lastEventId: string;
  /** Whether the client asks for padding: polyfills on very old browsers show nothing before about 2 kB have come. */
  readonly wantsPadding: boolean;
  /** The origin of the page that made the request, where the browser names it. */
  readonly origin: string | undefined;
  /** The method and the headers that a preflight request asks for (Fetch standard, section 3.3.2). */
  readonly preflightMethod: string | undefined;
  readonly preflightHeaders: string | undefined;
}

/** Reads a request of `node:http` or `node:http2`. */
export function readIncoming(request: IncomingMessage): StreamRequest {
  return readRequest(request.method ?? "", request.url ?? "", (name) => {
    const value = request.headers[name];
    return typeof value === "string" ? value : undefined;
  });
}

/** Reads a request of the Fetch standard. Its header values show bytes as Latin-1 as well. */
export function readFetch(request: Request): StreamRequest {
  checkValue("request", request, kinds.fetchRequest);
  return readRequest(request.method, request.url, (name) => request.headers.get(name) ?? undefined);
}

/**
 * The last event id comes from the `Last-Event-ID` header (HTML 9.2.3), or else from the query, where polyfills put it
 * because they cannot set headers: `lastEventId`, or `evs_last_event_id`. The header wins: a browser sends in
 * it the id that it saw last, while a page's URL stays as it was written.
 */
function readRequest(method: string, target: string, header: (name: string) => string | undefined): StreamRequest {
  const { search } = splitTarget(target);
  const query = search === "" ? NO_QUERY : new URLSearchParams(search);
  const headerId = decodeLastEventId(header("last-event-id") ?? "");
  return {
    method,
    accept: header("accept"),
    acceptEncoding: header("accept-encoding"),
    lastEventId: headerId || query.get("lastEventId") || query.get("evs_last_event_id") || "",
    wantsPadding: query.has("padding") || query.has("evs_preamble"),
    origin: header("origin"),
    preflightMethod: header("access-control-request-method"),
    preflightHeaders: header("access-control-request-headers"),
  };
}
