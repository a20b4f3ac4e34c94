import { Buffer } from "node:buffer";
import { createGzip } from "node:zlib";
import type { Gzip } from "node:zlib";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { FindingId } from "../../dist/doctor/findings/kinds.js";
import type { Traits, ZooServer } from "./zoo-server.ts";

/** A server with a mistake, and the ids of all findings that are not `ok`. */
export interface Animal {
  readonly name: string;
  readonly traits: Traits;
  readonly ids: readonly FindingId[];
  /** The origin of the page. */
  readonly origin?: string;
}

const ORIGIN = "https://app.example";

/** A server that sends this text once. */
function saying(id: FindingId, extra: string | Uint8Array): Animal {
  return { name: `sends ${JSON.stringify(Buffer.from(extra).toString("latin1"))}`, traits: { extra }, ids: [id] };
}

/** A server with these headers. */
function withHeaders(id: FindingId, headers: Readonly<Record<string, string | undefined>>): Animal {
  return { name: `has the headers ${JSON.stringify(headers)}`, traits: { headers }, ids: [id] };
}

/** A server that answers some requests in its own way. */
function answering(
  name: string,
  ids: readonly FindingId[],
  test: (request: IncomingMessage) => boolean,
  answer: (response: ServerResponse, server: ZooServer, request: IncomingMessage) => void,
): Animal {
  const answers: Traits["answers"] = (request, response, server) => {
    if (!test(request)) return false;
    answer(response, server, request);
    return true;
  };
  return { name, traits: { answers }, ids };
}

/** A server that answers pages of other origins with these headers. */
function cors(ids: readonly FindingId[], headers: (origin: string) => Readonly<Record<string, string>>): Animal {
  const isOther = ({ headers: { origin } }: IncomingMessage): boolean => origin !== undefined;
  const animal = answering("", ids, isOther, (response, server, { headers: { origin = "" }, method }) => {
    for (const [name, value] of Object.entries(headers(origin))) response.setHeader(name, value);
    if (method === "OPTIONS") response.writeHead(204).end();
    else server.stream(response);
  });
  return { ...animal, name: `answers another origin with ${JSON.stringify(headers(ORIGIN))}`, origin: ORIGIN };
}

const ALLOWED = { "Access-Control-Allow-Headers": "Last-Event-ID", "Vary": "Origin" };

const zippers = new WeakMap<ServerResponse, Gzip>();

const counts = new WeakMap<ServerResponse, number>();

/** Compresses the stream of clients that accept it. */
function gzip(headers: Readonly<Record<string, string>>, flush: boolean): Traits {
  return {
    write: (response, text) => {
      const zipper = zippers.get(response);
      if (zipper === undefined) response.write(text);
      else zipper.write(text, () => void (flush && zipper.flush()));
    },
    answers: ({ headers: { "accept-encoding": accepted = "" } }, response, server) => {
      if (!accepted.includes("gzip")) return false;
      const zipper = createGzip();
      zipper.on("data", (bytes: Buffer) => response.write(bytes));
      zippers.set(response, zipper);
      for (const [name, value] of Object.entries({ ...headers, "Content-Encoding": "gzip" })) {
        response.setHeader(name, value);
      }
      server.writeHead(response);
      server.join(response);
      zipper.write(":\n", () => zipper.flush());
      return true;
    },
  };
}

/** Collects bytes and writes blocks of this size, except to clients that resume. */
function blocks(size: number): NonNullable<Traits["write"]> {
  const rests = new WeakMap<ServerResponse, string>();
  return (response, text) => {
    if (response.req.headers["last-event-id"] !== undefined) return void response.write(text);
    let rest = (rests.get(response) ?? "") + text;
    for (; rest.length >= size; rest = rest.slice(size)) response.write(rest.slice(0, size));
    rests.set(response, rest);
  };
}

/** Collects events, and writes them at regular times. */
function collect(interval: number): NonNullable<Traits["write"]> {
  const rests = new WeakMap<ServerResponse, string>();
  return (response, text) => {
    if (!rests.has(response)) {
      const timer = setInterval(() => {
        const rest = rests.get(response) ?? "";
        if (rest !== "") response.write(rest);
        rests.set(response, "");
      }, interval);
      response.on("close", () => clearInterval(timer));
    }
    rests.set(response, (rests.get(response) ?? "") + text);
  };
}

const isStream = ({ method, headers }: IncomingMessage): boolean =>
  method === "GET" && headers.accept === "text/event-stream";
const isFirst = (request: IncomingMessage): boolean =>
  isStream(request) && request.headers["last-event-id"] === undefined;
const isHttp10 = ({ httpVersionMinor }: IncomingMessage): boolean => httpVersionMinor === 0;
const isHead = ({ method }: IncomingMessage): boolean => method === "HEAD";

/** Every server of the zoo. The rest of each one is good. */
export const ZOO: readonly Animal[] = [
  { name: "has no mistake", traits: {}, ids: [] },
  answering("refuses with 401", ["status-refused"], () => true, (response) => response.writeHead(401).end()),
  answering("answers 204", ["status-204"], () => true, (response) => response.writeHead(204).end()),
  answering("never sends a head", ["no-answer"], isStream, () => undefined),
  withHeaders("content-type-wrong", { "Content-Type": "text/plain" }),
  withHeaders("charset-wrong", { "Content-Type": "text/event-stream; charset=iso-8859-1" }),
  { ...withHeaders("charset-wrong", { "Content-Type": "text/event-stream;charset=UTF-8" }), ids: [] },
  withHeaders("cache-unstated", { "Cache-Control": undefined }),
  withHeaders("cache-stored", { "Cache-Control": "public, max-age=60" }),
  withHeaders("transform-allowed", { "Cache-Control": "no-cache" }),
  withHeaders("nginx-buffering", { "X-Accel-Buffering": undefined }),
  withHeaders("connection-close", { "Connection": "close" }),
  withHeaders("content-length", { "Content-Length": "1000000" }),
  withHeaders("encoding-identity", { "Content-Encoding": "identity" }),
  withHeaders("encoding-unknown", { "Content-Encoding": "none" }),
  { name: "compresses without a flush", traits: gzip({ Vary: "Accept-Encoding" }, false), ids: ["encoding-held"] },
  { name: "compresses without Vary", traits: gzip({}, true), ids: ["vary-encoding"] },
  { name: "compresses well", traits: gzip({ Vary: "Accept-Encoding" }, true), ids: [] },
  answering("ends the body with the connection", ["close-delimited"], isStream, (response, server, request) => {
    response.useChunkedEncodingByDefault = false;
    response.removeHeader("Transfer-Encoding");
    server.stream(response, request.headers["last-event-id"] as string | undefined);
  }),
  { name: "sends the head with the first event", traits: { headDelay: 1200 }, ids: ["head-late"] },
  { name: "starts with silence", traits: { byteDelay: 10_000 }, ids: ["silent-start"] },
  {
    name: "holds events back",
    traits: {
      frame: (number) => `id: ${number}\ndata: {"time":${Date.now()}}\n\n`,
      write: collect(450),
    },
    ids: ["held-back"],
  },
  {
    name: "passes on blocks of 4 KiB",
    traits: { frame: (number) => `id: ${number}\ndata: ${"x".repeat(3500)}\n\n`, write: blocks(4096) },
    ids: ["blocks"],
  },
  {
    name: "writes each event in pieces",
    traits: {
      write: (response, text) => {
        // Node 26 joins the writes of one turn to one chunk.
        for (const [index, line] of text.split(/(?<=\n)/).entries()) setTimeout(() => response.write(line), 5 * index);
      },
    },
    ids: ["event-in-pieces"],
  },
  { name: "sends empty events", traits: { extra: "data:\n\ndata:\n\n" }, ids: ["heartbeat-event"] },
  {
    name: "cuts the connection",
    traits: { started: (response) => void setTimeout(() => response.destroy(), 900) },
    ids: ["cut"],
  },
  saying("blank-after-comment", ": hi\n\n"),
  saying("broken-json", 'data: {\n  "a": 1\n}\n\n'),
  saying("broken-json", 'data: {"a": "b\ndata: c"}\n\n'),
  saying("byte-order-mark", "\uFEFFdata: a\n\n"),
  saying("cr-only", "data: a\r\r"),
  saying("extra-blank", "\n"),
  saying("field-case", "Data: a\n\n"),
  saying("fires-nothing", "event: ping\n\n"),
  saying("id-with-nul", "id: a\0\ndata: b\n\n"),
  saying("invalid-utf8", Buffer.from("data: \xe9\n\n", "latin1")),
  saying("lost-line", "data: one\ntwo\n\n"),
  saying("name-space", "data : a\n\n"),
  saying("retry-not-digits", "retry: 3s\n"),
  saying("unknown-field", "size: 1\ndata: a\n\n"),
  saying("object-object", "data: [object Object]\n\n"),
  saying("double-framing", "data: data: a\n\n"),
  saying("escaped-line-end", "data: a\\n\\n\n\n"),
  saying("retry-short", "retry: 0\n"),
  saying("retry-long", "retry: 600000\n"),
  saying("retry-overflow", "retry: 99999999999\n"),
  {
    name: "ends inside an event",
    traits: { started: (response) => void setTimeout(() => response.end("data: a\n"), 600) },
    ids: ["unfinished-event"],
  },
  answering("sends lines of JSON", ["not-framed"], isStream, (response, server) => {
    server.writeHead(response);
    response.write('{"a":1}\n{"a":2}\n');
  }),
  { name: "has no ids", traits: { frame: (number) => `data: ${number}\n\n` }, ids: ["no-ids"] },
  {
    name: "repeats the event of the last id",
    traits: { resume: (id, log) => log.slice(id) },
    ids: ["resume-repeats"],
  },
  {
    name: "counts again for each connection",
    traits: {
      frame: (number) => `data: ${number}\n\n`,
      write: (response, text) => {
        const number = counts.get(response) ?? 0;
        counts.set(response, number + 1);
        response.write(`id: ${number}\n${text}`);
      },
      resume: () => [],
    },
    ids: ["ids-restart"],
  },
  {
    name: "forgets an event",
    traits: { resume: (id, log) => log.slice(id + 2) },
    ids: ["resume-misses"],
  },
  { name: "ignores an unknown id", traits: { loss: "" }, ids: ["unknown-id-silent"] },
  answering(
    "refuses an unknown id",
    ["resume-fails"],
    ({ headers }) => /[a-z]/.test(String(headers["last-event-id"] ?? "")),
    (response) => response.writeHead(400).end(),
  ),
  answering("starts again after its end", ["no-ids", "end-repeats"], isStream, (response, server) => {
    server.writeHead(response);
    setTimeout(() => response.end("data: a\n\ndata: b\n\n"), 50);
  }),
  answering("ends with 204", [], isStream, (response, server, request) => {
    if (request.headers["last-event-id"] === "2") return void response.writeHead(204).end();
    server.writeHead(response);
    const isUnknown = String(request.headers["last-event-id"] ?? "").includes("unknown");
    const text = isUnknown ? "event: gap\ndata: unknown\n\n" : "id: 2\ndata: b\n\n";
    response.end(isFirst(request) ? `id: 1\ndata: a\n\n${text}` : text);
  }),
  answering("sends chunks over HTTP/1.0", ["http10-chunked"], isHttp10, (response, server) => {
    response.setHeader("Transfer-Encoding", "chunked");
    server.stream(response);
  }),
  answering("refuses HTTP/1.0", ["http10-fails"], isHttp10, (response) => response.writeHead(505).end()),
  answering("has no HEAD", ["head-differs"], isHead, (response) => response.writeHead(404).end()),
  answering("streams to HEAD", ["head-hangs"], isHead, () => undefined),
  answering("fails without Accept", ["accept-fails"], ({ headers: { accept } }) => accept === "application/json", (
    response,
  ) => void response.writeHead(500).end()),
  cors(["cors-missing", "preflight-refused"], () => ({})),
  cors(["cors-several", "preflight-refused"], (origin) => ({
    ...ALLOWED,
    "Access-Control-Allow-Origin": `${origin}, *`,
  })),
  cors(["cors-wildcard"], () => ({
    ...ALLOWED,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
  })),
  cors(["cors-any-origin"], (origin) => ({
    ...ALLOWED,
    "Access-Control-Allow-Origin": origin,
    "Access-Control-Allow-Credentials": "true",
  })),
  cors(["vary-origin"], (origin) => ({ ...ALLOWED, "Access-Control-Allow-Origin": origin, "Vary": "" })),
  cors(["preflight-refused"], (origin) => ({ "Access-Control-Allow-Origin": origin, "Vary": "Origin" })),
  cors([], () => ({ ...ALLOWED, "Access-Control-Allow-Origin": ORIGIN })),
];
