import { doubtful, ok, wrong } from "./finding.ts";
import type { FindingKind } from "./finding.ts";

/** The ids of the findings below. */
export type ResumeId =
  | "retry"
  | "retry-short"
  | "retry-long"
  | "retry-overflow"
  | "ids"
  | "no-ids"
  | "resume"
  | "ids-restart"
  | "resume-repeats"
  | "resume-misses"
  | "resume-fails"
  | "unknown-id"
  | "unknown-id-silent"
  | "end-204"
  | "end"
  | "end-repeats";

/** The findings about reconnections. */
export const RESUME: Readonly<Record<ResumeId, FindingKind>> = {
  "retry": ok("The reconnection time is sensible", "HTML 9.2.6"),
  "retry-short": wrong(
    "The reconnection time is too short",
    "HTML 9.2.6",
    "Chromium obeys it: while the server is down, each page sends requests without a pause.",
    "Write at least retry: 1000.",
  ),
  "retry-long": doubtful(
    "The reconnection time is long",
    "HTML 9.2.6",
    "Pages show no events for that long after each restart of the server or proxy.",
    "Write a few seconds, for example retry: 3000.",
  ),
  "retry-overflow": wrong(
    "The reconnection time is longer than timers can wait",
    "HTML 9.2.6",
    "Clients that use setTimeout wrap above 2147483647 and reconnect without a pause.",
    "Write a few seconds, for example retry: 3000.",
  ),
  "ids": ok("Events have ids", "HTML 9.2.4"),
  "no-ids": doubtful(
    "Events have no ids",
    "HTML 9.2.4",
    "A client that reconnects cannot say where it was, so it misses events without a sign.",
    "Give each event an id, and send the later events when Last-Event-ID arrives.",
  ),
  "resume": ok("A client that reconnects receives each event once", "HTML 9.2.4"),
  "ids-restart": wrong(
    "The same ids mean other events after a reconnection",
    "HTML 9.2.4",
    "The server counts for each connection, or from its start, so an id does not say where a client was.",
    "Count once for all clients, and name the run of the server in the id, for example k3x-42.",
  ),
  "resume-repeats": wrong(
    "Events are repeated after a reconnection",
    "HTML 9.2.4",
    "The server sends events again that the client has received, up to the id of Last-Event-ID.",
    "Send only the events after the id of Last-Event-ID.",
  ),
  "resume-misses": wrong(
    "Events are missing after a reconnection",
    "HTML 9.2.4",
    "The server continues after events that it still had a moment ago. The client misses them without a sign.",
    "Send all events after the id of Last-Event-ID, or an event that reports the loss.",
  ),
  "resume-fails": wrong(
    "A request with Last-Event-ID is refused",
    "HTML 9.2.3",
    "An EventSource ends for good at every status but 200, so the page stays without events.",
    "Answer 200, and send an event that reports the loss if you cannot resume.",
  ),
  "unknown-id": ok("An unknown Last-Event-ID is answered with a sign", "HTML 9.2.4"),
  "unknown-id-silent": doubtful(
    "An unknown Last-Event-ID is ignored",
    "HTML 9.2.4",
    "After a restart that forgets old events, clients miss events without a sign.",
    "Send an event that reports the loss, so that the page can reload its state.",
  ),
  "end-204": ok("The stream ends, and the reconnection receives 204: the client stops", "HTML 9.2.3"),
  "end": ok("The stream ends, and a reconnection does not repeat it", "HTML 9.2.3"),
  "end-repeats": wrong(
    "The stream ends and starts again from its first event",
    "HTML 9.2.3",
    "An EventSource reconnects after the end, and then receives the same events again and again.",
    "Answer 204 to a client that has all events, or send a last event at which the page calls close().",
  ),
};
