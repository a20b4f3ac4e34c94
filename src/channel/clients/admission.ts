import { encodeEvent } from "../../protocol/encode.ts";
import { acceptsEventStream, prefersGzip } from "../../http/accept.ts";
import { errorReply } from "../../http/reply.ts";
import { EVENT_STREAM_HEADERS } from "../connections/connection.ts";
import { preflightReply } from "../connections/cors.ts";
import { jittered } from "./jitter.ts";
import type { Reply } from "../../http/reply.ts";
import type { StreamRequest } from "../connections/stream-request.ts";
import type { EventLog, Position } from "../log/event-log.ts";
import type { Gap } from "../log/gap.ts";
import type { ChannelSettings } from "../settings.ts";
import type { ClientStart } from "./client.ts";
import type { ClientLimit } from "./client-limit.ts";

/** The position at which an admitted client starts. */
export interface StartPosition {
  readonly start: ClientStart;
  readonly lastEventId: string;
  /** The sequence number of its first event; `Infinity` while that is not known, see `UnseenIds`. */
  readonly next: number;
  /** The gap that the client receives first. */
  readonly gap: Gap | undefined;
  /** Whether its stream is gzip-coded. */
  readonly gzip: boolean;
}

/** The complete reply to a request whose client does not follow the log. */
export interface CompleteReply {
  readonly reply: Reply;
  /** Whether the reply is a refusal, which the statistics count. */
  readonly isRefusal?: boolean;
  /** Whether the connection must end with the reply, so that the client reconnects on a new one. */
  readonly endsConnection?: boolean;
}

/** The decision about a request. An admitted client has acquired a place. */
export type Admission = CompleteReply | { readonly admitted: StartPosition };

/** The state that the decision about a request depends on. */
export interface AdmissionState {
  readonly log: EventLog;
  readonly clientLimit: ClientLimit;
  readonly settings: ChannelSettings;
  /** While the channel closes: the time after which clients should reconnect, in milliseconds. */
  readonly closingRetry: number | undefined;
  /** The reason why this request cannot open a stream, regardless of the limits. */
  readonly obstacle: string | undefined;
}

/** The reply to a client that will receive no more events. A browser does not reconnect after it. */
export const END_REPLY: Reply = { status: 204, headers: { "Cache-Control": "no-store" }, body: "" };

/** Returns the reply to a request with a method that is not in `methods`, otherwise `undefined`. */
export function refuseMethod(method: string, methods: readonly string[]): Reply | undefined {
  if (methods.includes(method)) return undefined;
  const message = `Cannot ${method} an event stream: use ${methods.filter((name) => name !== "HEAD").join(" or ")}`;
  return errorReply(405, "METHOD_NOT_ALLOWED", message, { Allow: methods.join(", ") });
}

/** Returns the reply to a request whose method or format excludes an event stream, otherwise `undefined`. */
function refuseRequest(request: StreamRequest, { methods, accept }: ChannelSettings): Reply | undefined {
  const refused = refuseMethod(request.method, methods);
  if (refused !== undefined) return refused;
  if (accept === "strict" && !acceptsEventStream(request.accept)) {
    return errorReply(406, "NOT_ACCEPTABLE", "Cannot answer in another format than text/event-stream");
  }
  return undefined;
}

/** Returns the reply to HEAD: the head of the stream, which may be gzip-coded. */
export function headReply(gzip: boolean): Reply {
  const coding = gzip ? { "Content-Encoding": "gzip" } : {};
  return { status: 200, headers: { ...EVENT_STREAM_HEADERS, ...coding }, body: "" };
}

/**
 * Decides about a request. It checks, in this order: method, format, remaining events, limits. The reply to HEAD is the
 * head of the reply to GET.
 */
export function admit(
  request: StreamRequest,
  address: string | undefined,
  { log, clientLimit, settings, closingRetry, obstacle }: AdmissionState,
): Admission {
  const { method, lastEventId } = request;
  const { methods, backlog, compress, cors } = settings;
  const reply = preflightReply(cors, request, methods) ?? refuseRequest(request, settings);
  if (reply !== undefined) return { reply };
  const position = lastEventId === "" ? log.positionFor(backlog) : log.locate(lastEventId);
  if (log.isComplete && position.kind === "exact" && position.next === log.end) {
    return { reply: END_REPLY };
  }
  if (closingRetry !== undefined) {
    // Always with 200: an EventSource never reconnects after a 503.
    return { reply: pauseReply("the server is shutting down", closingRetry), isRefusal: true, endsConnection: true };
  }
  const gzip = compress && prefersGzip(request.acceptEncoding);
  const isHead = method === "HEAD";
  const reason = obstacle ?? (isHead ? clientLimit.obstacle(address) : clientLimit.acquire(address));
  if (reason !== undefined) return { reply: refusal(reason, settings), isRefusal: true };
  if (isHead) return { reply: headReply(gzip) };
  return { admitted: { ...startPosition(log, position, lastEventId), gzip } };
}

function startPosition(log: EventLog, position: Position, lastEventId: string): Omit<StartPosition, "gzip"> {
  if (position.kind === "gap") {
    const { reason, missed } = position;
    return { start: "gap", lastEventId, next: log.oldest, gap: { lastEventId, reason, missed } };
  }
  const start = lastEventId === "" ? "fresh" : "resumed";
  const next = position.kind === "exact" ? position.next : Infinity;
  return { start, lastEventId, next, gap: undefined };
}

/** Returns a refusal with a random waiting time. */
function refusal(reason: string, { whenFull, retryAfter }: ChannelSettings): Reply {
  if (whenFull === "retry") return pauseReply(reason, retryAfter);
  const message = `Cannot open another event stream: ${reason}; try again later`;
  const seconds = Math.ceil(jittered(retryAfter) / 1000);
  return errorReply(503, "TOO_MANY_CLIENTS", message, { "Retry-After": String(seconds) });
}

/**
 * Returns a stream that ends immediately and makes its client reconnect after `delay` to twice `delay` milliseconds.
 */
export function pauseReply(reason: string, delay: number): Reply {
  return {
    status: 200,
    headers: EVENT_STREAM_HEADERS,
    body: encodeEvent({ retry: jittered(delay), comment: reason }),
  };
}
