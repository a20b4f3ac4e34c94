import { encodeComment, encodeEvent } from "../../protocol/encode.ts";
import { addressKey } from "../../http/address-key.ts";
import { fetchReply, sendReply, setHeaders } from "../../http/reply.ts";
import { EVENT_STREAM_HEADERS } from "../connections/connection.ts";
import { corsHeaders } from "../connections/cors.ts";
import { FetchConnection } from "../connections/fetch-connection.ts";
import { NodeConnection, isConnected } from "../connections/node-connection.ts";
import { endConnectionWith, hasEventStream } from "../connections/socket-owner.ts";
import { readFetch, readIncoming } from "../connections/stream-request.ts";
import { EncodedBytes } from "../log/encoded-bytes.ts";
import { admit } from "./admission.ts";
import { ClientLimit } from "./client-limit.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Connection, ConnectionListener } from "../connections/connection.ts";
import type { StreamRequest } from "../connections/stream-request.ts";
import type { EventLog } from "../log/event-log.ts";
import type { ClientOptions, FetchClientOptions } from "../options.ts";
import type { ChannelSettings } from "../settings.ts";
import type { Admission, StartPosition } from "./admission.ts";
import type { Client } from "./client.ts";
import type { ClientSet } from "./client-set.ts";

const PADDING = encodeComment(" ".repeat(2048));

/** Handles all requests to a channel: of `node:http`, `node:http2` and the Fetch standard. */
export class Entrance {
  readonly #log: EventLog;
  readonly #settings: ChannelSettings;
  readonly #clientSet: ClientSet;
  readonly #flush: () => void;
  readonly #clientLimit: ClientLimit;
  /** The first bytes of a stream. They are not empty, so that every client sees immediately that the stream is open. */
  readonly #opening: EncodedBytes;
  readonly #paddedOpening: EncodedBytes;
  #closingRetry: number | undefined;
  /** The number of clients that were refused so far. */
  refused = 0;

  /** @param flush - Makes published events visible, so that a client starts after them. */
  constructor(log: EventLog, settings: ChannelSettings, clientSet: ClientSet, flush: () => void) {
    this.#log = log;
    this.#settings = settings;
    this.#clientSet = clientSet;
    this.#flush = flush;
    this.#clientLimit = new ClientLimit(settings.maxClients, settings.maxClientsPerAddress);
    const opening = settings.retry === null ? encodeComment("") : encodeEvent({ retry: settings.retry });
    this.#opening = new EncodedBytes(opening);
    this.#paddedOpening = new EncodedBytes(PADDING + opening);
  }

  /** Refuses all further clients with a reconnection time of `retry` to twice `retry` milliseconds. */
  close(retry: number): void {
    this.#closingRetry = retry;
  }

  /** Releases a client's place. */
  release(client: Client): void {
    this.#clientLimit.release(client.address);
  }

  /** See {@link Channel.handle}. */
  handle(request: IncomingMessage, response: ServerResponse, { data }: ClientOptions<unknown>): Client | undefined {
    // The client may have left before the application called this function. Then do not add it, since nothing would
    // remove it.
    if (!isConnected(request, response)) return undefined;
    const asked = readIncoming(request);
    const { clientAddress, maxClientsPerAddress } = this.#settings;
    // Without a limit per address, do not call the application's function.
    const address = maxClientsPerAddress === Infinity ? undefined : addressKey(clientAddress(request));
    const obstacle = hasEventStream(response) ? "this connection has an event stream already" : undefined;
    const admission = this.#admit(asked, address, obstacle);
    setHeaders(response, this.#headersFor(asked));
    if ("reply" in admission) {
      if (admission.endsConnection === true) endConnectionWith(response);
      sendReply(response, admission.reply);
      return undefined;
    }
    const { admitted } = admission;
    return this.#join(asked, admitted, address, data, (opening, listener) => {
      return new NodeConnection(response, admitted.gzip, opening, listener);
    });
  }

  /** See {@link Channel.respond}. */
  respond(request: Request, { data, address }: FetchClientOptions<unknown>): Response {
    const asked = readFetch(request);
    const key = address === undefined ? undefined : addressKey(address);
    const admission = this.#admit(asked, key, request.signal.aborted ? "the client has gone" : undefined);
    const headers = this.#headersFor(asked);
    if ("reply" in admission) {
      // This code has no access to the connection, but the header makes an HTTP/1.1 server end it.
      if (admission.endsConnection === true) headers["Connection"] = "close";
      return fetchReply(asked.method, admission.reply, headers);
    }
    const { gzip } = admission.admitted;
    if (gzip) headers["Content-Encoding"] = "gzip";
    let body: ReadableStream<Uint8Array> | null = null;
    this.#join(asked, admission.admitted, key, data, (opening, listener) => {
      const connection = new FetchConnection(request, gzip, opening, listener);
      body = connection.body;
      return connection;
    });
    return new Response(body, { headers: { ...EVENT_STREAM_HEADERS, ...headers } });
  }

  /** See `attachConnection` in `channel.ts`. */
  attach(response: ServerResponse, open?: (listener: ConnectionListener) => Connection): string | undefined {
    this.#flush();
    const closing = this.#closingRetry === undefined ? undefined : "the server is shutting down";
    const stream = hasEventStream(response) ? "this connection has a stream already" : undefined;
    const limit = this.#clientLimit;
    const obstacle = closing ?? stream ?? (open === undefined ? limit.obstacle() : limit.acquire());
    if (obstacle !== undefined) this.refused++;
    else if (open !== undefined) {
      const anonymous = { lastEventId: "", address: undefined, data: undefined };
      this.#clientSet.join({ ...anonymous, start: "fresh", next: this.#log.oldest }, undefined, open);
    }
    return obstacle;
  }

  #admit(request: StreamRequest, address: string | undefined, obstacle: string | undefined): Admission {
    this.#flush();
    const admission = admit(request, address, {
      log: this.#log,
      clientLimit: this.#clientLimit,
      settings: this.#settings,
      closingRetry: this.#closingRetry,
      obstacle,
    });
    if ("reply" in admission && admission.isRefusal === true) this.refused++;
    return admission;
  }

  /** Returns the headers of every reply, regardless of its status. */
  #headersFor({ origin }: StreamRequest): Record<string, string> {
    const headers = corsHeaders(this.#settings.cors, origin);
    const vary = [this.#settings.compress ? "Accept-Encoding" : undefined, headers["Vary"]].filter(Boolean);
    return vary.length === 0 ? headers : { ...headers, Vary: vary.join(", ") };
  }

  #join(
    request: StreamRequest,
    { start, lastEventId, next, gap }: StartPosition,
    address: string | undefined,
    data: unknown,
    open: (opening: EncodedBytes, listener: ConnectionListener) => Connection,
  ): Client {
    const opening = request.wantsPadding ? this.#paddedOpening : this.#opening;
    const init = { start, lastEventId, next, address, data };
    return this.#clientSet.join(init, gap, (listener) => open(opening, listener));
  }
}
