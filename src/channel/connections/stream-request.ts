import { checkValue, kinds } from "../../check-options.ts";
import { splitTarget } from "../../http/request-target.ts";
import { decodeLastEventId } from "../../protocol/event-id.ts";
import type { IncomingMessage } from "node:http";

const NO_QUERY = new URLSearchParams();

/** The relevant properties of a request for an event stream, independent of the HTTP API. */
export interface StreamRequest {
  readonly method: string;
  /** The `Accept` and `Accept-Encoding` headers. */
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
  /** The last event id of the client; empty for a client without one. */
  readonly lastEventId: string;
  /** Whether the client requests padding: in very old browsers, polyfills receive no events before about 2 kB. */
  readonly wantsPadding: boolean;
  /** The origin of the page that made the request, if the browser sent it. */
  readonly origin: string | undefined;
  /** The method and the headers that a preflight request announces (Fetch standard, section 3.3.2). */
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

/** Reads a request of the Fetch standard. Its header values are Latin-1 as well. */
export function readFetch(request: Request): StreamRequest {
  checkValue("request", request, kinds.fetchRequest);
  return readRequest(request.method, request.url, (name) => request.headers.get(name) ?? undefined);
}

/**
 * Reads the properties of a request. The last event id is in the `Last-Event-ID` header (HTML 9.2.3), or in the query,
 * where polyfills send it because they cannot set headers: `lastEventId`, or `evs_last_event_id`. The header has
 * priority: the browser updates it with each event, but does not change the URL.
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
