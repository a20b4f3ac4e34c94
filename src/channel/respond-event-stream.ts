import { inspect } from "node:util";
import { prefersGzip } from "../http/accept.ts";
import { EVENT_STREAM_HEADERS } from "./connections/connection.ts";
import { FetchConnection } from "./connections/fetch-connection.ts";
import { readFetch } from "./connections/stream-request.ts";
import { refuseMethod } from "./clients/admission.ts";
import { EventStream } from "./event-stream.ts";
import { eventStreamSettings } from "./event-stream-options.ts";
import { deliver, streamMethods } from "./stream-producer.ts";
import { checkSource, stopSource } from "./stream-source.ts";
import type { EventStreamOptions } from "./event-stream-options.ts";
import type { StreamProducer } from "./stream-producer.ts";
import type { StreamSource } from "./stream-source.ts";

/**
 * Answers a Fetch `Request` (Hono, Next.js, Bun, Deno) with the events of a source, or of a function that returns
 * a source or sends events itself. It corresponds to `sendEventStream`.
 *
 * ```js
 * app.post("/chat", ({ req }) => respondEventStream(req.raw, ({ signal }) => askModel(signal)));
 * ```
 *
 * The source is read at the pace of the body, at most one event ahead. When the server cancels the body
 * or aborts the request, the client has left, and the source is stopped (see `EventStream.sendAll`).
 *
 * When the source or the function fails, the body fails with that error after the sent events; servers report it and
 * end the connection.
 *
 * @returns The response: the stream; 405 for a method other than GET, HEAD or POST; only the head for HEAD; 499 for a
 * request that is already aborted.
 * @throws {TailcastError} `INVALID_OPTION`.
 */
export function respondEventStream(
  request: Request,
  source: StreamSource | StreamProducer,
  options: EventStreamOptions = {},
): Response {
  const settings = eventStreamSettings(options);
  if (typeof source !== "function") checkSource(source);
  const asked = readFetch(request);
  const headers = new Headers(EVENT_STREAM_HEADERS);
  if (settings.compress) headers.set("Vary", "Accept-Encoding");
  const gzip = settings.compress && prefersGzip(asked.acceptEncoding);
  if (gzip) headers.set("Content-Encoding", "gzip");
  const refusal = refuseMethod(asked.method, streamMethods);
  if (refusal !== undefined || asked.method === "HEAD" || request.signal.aborted) {
    stopSource(source);
    if (refusal !== undefined) return new Response(refusal.body, refusal);
    return new Response(null, request.signal.aborted ? { status: 499 } : { headers });
  }
  let body: ReadableStream<Uint8Array> | null = null;
  const stream = new EventStream(asked, settings, {
    open: (_, opening, listener) => {
      // The body does not buffer events, so that a model does not produce tokens that the client does not read.
      const connection = new FetchConnection(request, gzip, opening, listener, 0);
      body = connection.body;
      return connection;
    },
    fail: (connection, error) => {
      if ((connection as FetchConnection).fail(error)) return;
      // The function closed the stream before it failed, so the body cannot report the error.
      process.emitWarning(error instanceof Error ? error : inspect(error));
    },
  });
  // The body reports failures.
  deliver(stream, source).catch(() => undefined);
  return new Response(body, { headers });
}
