import { kinds } from "../check-options.ts";
import { prefersGzip } from "../http/accept.ts";
import { addVary, errorReply, sendReply } from "../http/reply.ts";
import { headReply, refuseMethod } from "./clients/admission.ts";
import { NodeConnection, isConnected } from "./connections/node-connection.ts";
import { readIncoming } from "./connections/stream-request.ts";
import { EventStream } from "./event-stream.ts";
import { eventStreamSettings } from "./event-stream-options.ts";
import { deliver, streamMethods } from "./stream-producer.ts";
import { checkSource, stopSource } from "./stream-source.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { EventStreamOptions, EventStreamSettings } from "./event-stream-options.ts";
import type { StreamProducer } from "./stream-producer.ts";
import type { StreamSource } from "./stream-source.ts";

/**
 * Answers a request with an event stream for only this client, such as the tokens of a model or the progress of a task.
 * For events that all clients should receive, use a `Channel`.
 *
 * ```js
 * const stream = openEventStream(request, response);
 * stream?.send("hello");
 * ```
 *
 * The `Accept` header is ignored, since the caller has decided to stream. The caller also ends the stream; see
 * {@link sendEventStream} for a stream that ends with its source.
 *
 * @returns The stream; `undefined` when the request received another reply (405 for a method other than GET, HEAD or
 * POST, only the head for HEAD) or when its client has already left.
 * @throws {TailcastError} `INVALID_OPTION`, and the request is answered 500; `HEADERS_SENT` when the response has
 * already started.
 */
export function openEventStream(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  options: EventStreamOptions = {},
): EventStream | undefined {
  // The compatibility API of HTTP/2 has every member that is used here, though its types differ.
  return open(request as IncomingMessage, response as ServerResponse, options, []);
}

/**
 * Answers a request with the events of a source, or of a function that returns a source or sends events itself. Then
 * ends the stream.
 *
 * ```js
 * createServer((request, response) => {
 *   sendEventStream(request, response, ({ signal }) => askModel(signal)).catch(console.error);
 * });
 * ```
 *
 * The source is read at the client's pace. When the client leaves, the source is stopped (see `EventStream.sendAll`)
 * and the promise resolves, since this is not an error.
 *
 * @returns A promise that resolves when the stream is over, or the request received another reply. When the source or
 * the function fails while the client is connected, the stream ends after the sent events, and the promise rejects with
 * that error.
 * @throws {TailcastError} (as a rejection) As {@link openEventStream}.
 */
export async function sendEventStream(
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  source: StreamSource | StreamProducer,
  options: EventStreamOptions = {},
): Promise<void> {
  // The compatibility API of HTTP/2, as in openEventStream.
  const stream = open(request as IncomingMessage, response as ServerResponse, options, source);
  if (stream === undefined) stopSource(source);
  else await deliver(stream, source);
}

/** The reply when a mistake of the caller prevents the stream. Only the caller receives the details. */
const FAILURE_REPLY = errorReply(500, "INTERNAL_ERROR", "Cannot open the event stream: the server failed");

function open(
  request: IncomingMessage,
  response: ServerResponse,
  options: EventStreamOptions,
  source: StreamSource | StreamProducer,
): EventStream | undefined {
  const settings = checkedSettings(request, response, options, source);
  if (!isConnected(request, response)) return undefined;
  if (settings.compress) addVary(response);
  const asked = readIncoming(request);
  const head = asked.method === "HEAD" ? headReply(settings.compress && prefersGzip(asked.acceptEncoding)) : undefined;
  const reply = refuseMethod(asked.method, streamMethods) ?? head;
  if (reply !== undefined) {
    sendReply(response, reply);
    return undefined;
  }
  return new EventStream(asked, settings, {
    open: (gzip, opening, listener) => new NodeConnection(response, gzip, opening, listener),
    fail: (connection) => connection.end(),
  });
}

/**
 * Checks the caller's arguments. On an error, it answers the request before it throws, since the caller may only log
 * the error.
 */
function checkedSettings(
  request: IncomingMessage,
  response: ServerResponse,
  options: EventStreamOptions,
  source: StreamSource | StreamProducer,
): EventStreamSettings {
  try {
    if (typeof source !== "function") checkSource(source);
    return eventStreamSettings(options);
  } catch (error) {
    stopSource(source);
    // The response may not be a response, as in a call without arguments. Then `isConnected` throws.
    const hasStarted = kinds.nodeResponse.includes(response) && response.headersSent;
    if (!hasStarted && isConnected(request, response)) sendReply(response, FAILURE_REPLY);
    throw error;
  }
}
