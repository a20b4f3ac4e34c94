import { encodeEvent } from "../../protocol/encode.ts";
import { acceptsEventStream } from "../../http/accept.ts";
import { errorReply } from "../../http/reply.ts";
import { EVENT_STREAM_HEADERS } from "../connections/connection.ts";
import { jittered } from "./jitter.ts";
import type { Reply } from "../../http/reply.ts";
import type { Outcome } from "./client.ts";
import type { Gap } from "../log/gap.ts";
import type { EventLog, Position } from "../log/event-log.ts";
import type { ChannelSettings } from "../options.ts";
import type { ClientLimit } from "./client-limit.ts";
import type { StreamRequest } from "../connections/stream-request.ts";

/** Where an admitted client starts. */
export interface Start {
  readonly outcome: Outcome;
  readonly lastEventId: string;
  /** The sequence number of its first event. */
  readonly next: number;
  /** What it is told first. */
  readonly gap: Gap | undefined;
}

/** Either the complete answer to a request, or where its client starts; it has a place then. */
export type Admission = { readonly answer: Reply; readonly isRefusal?: boolean } | { readonly start: Start };

/** What the door depends on besides the log. */
export interface ChannelState {
  /** The log is complete. */
  readonly isEnded: boolean;
  /** Why nobody gets in, if so. */
  readonly obstacle: string | undefined;
}

/** The answer to a request with another method than these; `undefined` for one of these. */
export function refuseMethod(method: string, methods: readonly string[]): Reply | undefined {
  if (methods.includes(method)) return undefined;
  const message = `Cannot ${method} an event stream: use ${methods[0]}`;
  return errorReply(405, "METHOD_NOT_ALLOWED", message, { Allow: methods.join(", ") });
}

/** The answer to a request that asks for no event stream, by its method or its format; `undefined` for one that does. */
function refuseRequest(request: StreamRequest, methods: readonly string[]): Reply | undefined {
  const refused = refuseMethod(request.method, methods);
  if (refused !== undefined) return refused;
  if (!acceptsEventStream(request.accept)) {
    return errorReply(406, "NOT_ACCEPTABLE", "Cannot answer in another format than text/event-stream");
  }
  return undefined;
}

/** The answer to HEAD: the head of the stream. */
export const HEAD_REPLY: Reply = { status: 200, headers: EVENT_STREAM_HEADERS, body: "" };

/**
 * Decides what becomes of a request, in the order in which HTTP asks: method, format, whether there is anything, room.
 */
export function admit(
  request: StreamRequest,
  address: string | undefined,
  log: EventLog,
  places: ClientLimit,
  settings: ChannelSettings,
  state: ChannelState,
): Admission {
  const { method, lastEventId } = request;
  const answer = refuseRequest(request, ["GET", "HEAD"]);
  if (answer !== undefined) return { answer };
  const position = lastEventId === "" ? freshPosition(log, settings.backlog) : log.locate(lastEventId);
  if (state.isEnded && position.outcome === "resumed" && position.next === log.end) {
    return { answer: { status: 204, headers: { "Cache-Control": "no-store" }, body: "" } };
  }
  if (method === "HEAD" && state.obstacle === undefined) return { answer: HEAD_REPLY };
  const obstacle = state.obstacle ?? places.take(address);
  if (obstacle !== undefined) return { answer: refusal(obstacle, settings), isRefusal: true };
  if (position.outcome === "gap") {
    return { start: { outcome: "gap", lastEventId, next: log.oldest, gap: { lastEventId, ...position } } };
  }
  const outcome = lastEventId === "" ? "fresh" : "resumed";
  return { start: { outcome, lastEventId, next: position.next, gap: undefined } };
}

function freshPosition(log: EventLog, backlog: number): Position {
  if (backlog === Infinity) return log.positionFromStart();
  return { outcome: "resumed", next: Math.max(log.oldest, log.end - backlog) };
}

/** Sends a client away, for a time that differs from client to client. */
function refusal(reason: string, { whenFull, retryAfter }: ChannelSettings): Reply {
  const delay = jittered(retryAfter);
  if (whenFull === "retry") {
    return { status: 200, headers: EVENT_STREAM_HEADERS, body: encodeEvent({ retry: delay, comment: reason }) };
  }
  const message = `Cannot open another event stream: ${reason}; try again later`;
  return errorReply(503, "TOO_MANY_CLIENTS", message, { "Retry-After": String(Math.ceil(delay / 1000)) });
}
