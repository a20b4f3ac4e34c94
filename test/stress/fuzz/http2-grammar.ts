import { Choices } from "./grammar.js";
import { HEADERS, TARGETS, validRequests } from "./parts.js";
import type { Places } from "./parts.js";

/** How a client ends a stream, or its connection. */
export type StreamCut = "none" | "at-once" | "while-sending" | "in-reply" | "unread";
export type SessionCut = "none" | "goaway" | "destroy" | "reset" | "garbage";

/** A request over HTTP/2, and its end. */
export interface StreamScript {
  readonly headers: Readonly<Record<string, string>>;
  /** The body, one character for each byte. */
  readonly body: string;
  readonly cut: StreamCut;
  /** After how many bytes of the reply a client cuts. */
  readonly cutAt: number;
  /** The error code of RST_STREAM (RFC 9113 section 7). */
  readonly code: number;
}

/** Everything that one HTTP/2 connection does, and how it ends. */
export interface SessionScript {
  readonly streams: readonly StreamScript[];
  /** The window of each stream, in bytes; 0: the server can send no body. */
  readonly window: number;
  readonly cut: SessionCut;
  /** When the connection is cut, in milliseconds. */
  readonly cutAfter: number;
  /** Bytes that follow the preface instead of requests: frames of random types, flags, streams and contents. */
  readonly frames: string | undefined;
  /** How long the client waits for replies, in milliseconds. */
  readonly patience: number;
}

const OTHERS = ["HEAD", "POST", "OPTIONS", "DELETE", "PUT", "QUERY", "CONNECT"];
const METHODS: readonly string[] = ["GET", "GET", "GET", ...OTHERS];
const HOSTS = ["localhost", "localhost", "evil.example", "[::1]", "a b"];
const AUTHORITIES: readonly (string | undefined)[] = [...HOSTS, undefined];
const HEADER_LINE = /^([!#$%&'*+.^_`|~\w-]+): ([\t\x20-\x7e\x80-\xff]*)$/;

/** The script with this number. The same seed, number and places give the same script. */
export function sessionScriptOf(seed: number, number: number, places: Places): SessionScript {
  const choices = new Choices(Math.imul(seed + 1, 0x85ebca6b) ^ number);
  const cut = choices.pick<SessionCut>(["none", "none", "none", "goaway", "destroy", "reset", "garbage"]);
  const count = choices.chance(60) ? 1 + choices.below(4) : choices.pick([1, 20, 60]);
  return {
    streams: Array.from({ length: count }, () => streamScript(choices, places)),
    window: choices.pick([65_535, 65_535, 1_000_000, 100, 0]),
    cut,
    cutAfter: choices.pick([0, 1, 5, 20]),
    frames: choices.chance(15) ? randomFrames(choices) : undefined,
    patience: choices.pick([20, 60, 200]),
  };
}

function streamScript(choices: Choices, places: Places): StreamScript {
  const end = {
    cut: choices.pick<StreamCut>(["none", "none", "none", "at-once", "while-sending", "in-reply", "unread"]),
    cutAt: choices.pick([0, 1, 1000, 100_000]),
    code: choices.pick([0, 1, 2, 7, 8, 11]),
  };
  if (choices.chance(50)) return { ...validStream(choices, places), ...end };
  const body = choices.chance(40) ? choices.pick(places.bodies) : "";
  const headers: Record<string, string> = { ":method": choices.pick(METHODS), ":path": choices.pick(TARGETS(places)) };
  const authority = choices.pick(AUTHORITIES);
  if (authority !== undefined) headers[":authority"] = authority;
  if (choices.chance(10)) headers[":scheme"] = choices.pick(["http", "ftp", ""]);
  for (let left = choices.below(5); left > 0; left--) addHeader(headers, choices.pick(HEADERS(places)));
  if (choices.chance(50)) headers["content-type"] = "application/json";
  if (choices.chance(20)) headers["content-length"] = String(Math.max(0, body.length + choices.below(9) - 4));
  return { headers, body, ...end };
}

/** A valid request of HTTP/1.1, as HTTP/2 sends it. */
function validStream(choices: Choices, places: Places): Pick<StreamScript, "headers" | "body"> {
  const { text } = choices.pick(validRequests(places));
  const end = text.indexOf("\r\n\r\n");
  const [line = "", ...fields] = text.slice(0, end).split("\r\n");
  const [method = "", path = ""] = line.split(" ");
  const headers: Record<string, string> = { ":method": method, ":path": path };
  for (const field of fields) addHeader(headers, field);
  headers[":authority"] = headers["host"] ?? "localhost";
  delete headers["host"];
  return { headers, body: text.slice(end + 4) };
}

function addHeader(headers: Record<string, string>, line: string): void {
  const [, name = "", value = ""] = HEADER_LINE.exec(line) ?? [];
  // `Object.assign` would change the prototype for this name.
  if (name !== "" && name !== "__proto__") headers[name.toLowerCase()] = value;
}

/** Frames (RFC 9113 section 4.1), mostly with a correct length. */
function randomFrames(choices: Choices): string {
  let bytes = "";
  for (let left = 1 + choices.below(20); left > 0; left--) {
    const payload = Array.from({ length: choices.pick([0, 4, 5, 8, 30, 300]) }, () => choices.below(256));
    const length = choices.chance(90) ? payload.length : choices.below(20_000);
    const type = choices.chance(90) ? choices.below(10) : choices.below(256);
    const stream = choices.pick([0, 1, 1, 3, 5, 2, 255]);
    const head = [length >> 16, (length >> 8) & 255, length & 255, type, choices.below(256), 0, 0, 0, stream];
    bytes += String.fromCharCode(...head, ...payload);
  }
  return bytes;
}
