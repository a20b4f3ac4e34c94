import { decodeLastEventId } from "../protocol/event-id.ts";
import type { IncomingMessage } from "node:http";

/** What a request for an event stream asks for beyond its method and `Accept` header. */
export interface StreamRequest {
  /** The id of the last event that the client has seen; empty for a client that has seen none. */
  readonly lastEventId: string;
  /** Whether the client asks for padding: polyfills on very old browsers show nothing before about 2 kB have come. */
  readonly wantsPadding: boolean;
}

/**
 * Reads the last event id from the `Last-Event-ID` header (HTML 9.2.4), or else from the query, where polyfills put it
 * because they cannot set headers: `lastEventId`, or `evs_last_event_id` as Yaffle's and Remy's do. The header wins: a
 * browser sends it with what it saw last, while a page's URL stays as it was written.
 */
export function readStreamRequest(request: IncomingMessage): StreamRequest {
  // Not `new URL`: it throws on some request targets, and `GET *` reaches a handler too (RFC 9112 section 3.2).
  const target = request.url ?? "";
  const mark = target.indexOf("?");
  const query = new URLSearchParams(mark === -1 ? "" : target.slice(mark + 1));
  const header = request.headers["last-event-id"];
  const headerId = typeof header === "string" ? decodeLastEventId(header) : "";
  return {
    lastEventId: headerId || query.get("lastEventId") || query.get("evs_last_event_id") || "",
    wantsPadding: query.has("padding") || query.has("evs_preamble"),
  };
}
