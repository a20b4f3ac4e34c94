import { doubtful, ok, wrong } from "./finding.ts";
import type { FindingKind } from "./finding.ts";

/** The ids of the findings below. */
export type TimingId =
  | "first-byte"
  | "head-late"
  | "silent-start"
  | "no-event"
  | "arrival"
  | "held-back"
  | "bursts"
  | "blocks"
  | "event-in-pieces"
  | "heartbeat"
  | "heartbeat-unknown"
  | "no-silence"
  | "no-heartbeat"
  | "heartbeat-event"
  | "idle-cut"
  | "cut";

/** The findings about the time at which bytes arrive. */
export const TIMING: Readonly<Record<TimingId, FindingKind>> = {
  "first-byte": ok("The stream starts at once"),
  "head-late": doubtful(
    "The response head arrives late",
    "HTML 9.2.3",
    "The page shows no connection until then. Many servers send the head only with the first event.",
    "Send the head and a comment line at once (in node:http, response.flushHeaders()).",
  ),
  "silent-start": doubtful(
    "No byte follows the response head",
    "HTML 9.2.3",
    "Firefox fires open at the first byte of the body, and some proxies hold the head until then.",
    "Write a comment line, a colon and a line end, as soon as the client connects.",
  ),
  "no-event": ok("No event came while the stream was watched, so the times of events are not judged"),
  "arrival": ok("Nothing seems to hold events back"),
  "held-back": wrong(
    "Something holds events back",
    "HTML 9.2.7",
    "Events with different times in their data arrive together.",
    "Look for a buffer: a compressing middleware, proxy_buffering of nginx, a writer that a timer flushes.",
  ),
  "bursts": doubtful(
    "Events arrive in bursts at regular times",
    "HTML 9.2.7",
    "Either the server publishes in bursts, or a timer flushes a buffer on the way.",
    "If the server publishes single events, look for a proxy or a writer that collects them.",
  ),
  "blocks": wrong(
    "Bytes arrive in blocks of a fixed size, cut inside events",
    "HTML 9.2.7",
    "A buffer on the way passes bytes on only when it is full, so the last events are always missing.",
    "Switch the buffer off: proxy_buffering off in nginx, or flush after each event in the server.",
  ),
  "event-in-pieces": doubtful(
    "The server writes each event in several pieces",
    "",
    "Each piece is a packet or a chunk with costs of its own, and a client waits longer for the event.",
    "Build the text of an event first, and write it once.",
  ),
  "heartbeat": ok("Comments keep the connection open", "HTML 9.2.7"),
  "heartbeat-unknown": ok("Heartbeats were not judged: the stream was not watched for long enough", "HTML 9.2.7"),
  "no-silence": ok("No silence was long enough for proxies to close the connection", "HTML 9.2.7"),
  "no-heartbeat": doubtful(
    "The stream is silent, without heartbeats",
    "HTML 9.2.7",
    "Proxies close a silent connection, often after 60 s, and a server does not notice clients that have left.",
    "Write a comment line every 15 s or so.",
  ),
  "heartbeat-event": doubtful(
    "Empty events seem to serve as heartbeats",
    "HTML 9.2.7",
    "Every page receives them as messages and must ignore them.",
    "Write a comment line, a colon and a line end, instead.",
  ),
  "idle-cut": wrong(
    "The connection was closed after a silence",
    "HTML 9.2.7",
    "A server or a proxy on the way closes connections that carry no bytes.",
    "Write a comment line every 15 s or so, and raise the time limit of the proxy.",
  ),
  "cut": wrong(
    "The connection was cut in the middle of the response",
    "RFC 9112, 8",
    "The response has no proper end. The client reconnects, but a restart or a time limit on the way is likely.",
    "Let the server end the response, and look for time limits of proxies.",
  ),
};
