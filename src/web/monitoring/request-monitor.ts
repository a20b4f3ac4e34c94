import { randomUUID } from "node:crypto";
import { ServerResponse } from "node:http";
import { ClientLimit } from "../../channel/clients/client-limit.ts";
import { onSocketClose } from "../../channel/connections/socket-close.ts";
import { addressKey } from "../../http/address-key.ts";
import { hasLeft } from "../../http/has-left.ts";
import { splitTarget } from "../../http/request-target.ts";
import { logEntry } from "./log-entry.ts";
import { RequestTally } from "./request-tally.ts";
import { SentBytes, bytesOf, connectionOf, replyKindOf } from "./sent-bytes.ts";
import type { IncomingMessage } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { ProxyTrust } from "../../http/proxy-trust.ts";
import type { MalformedRequest } from "../refuse-malformed.ts";
import type { LogEntry, LogLevel } from "./log-entry.ts";
import type { ReplyKind } from "./sent-bytes.ts";

/** The maximum length of a path in the log. Longer paths are truncated. */
const MAX_PATH = 500;

/** The options of a request monitor. */
export interface RequestMonitorOptions {
  readonly trustProxy: ProxyTrust;
  /** The maximum number of concurrent requests of one address, including open streams. */
  readonly maxRequestsPerAddress: number;
  readonly onLog: (entry: LogEntry) => void;
}

/** A request whose response is not over. */
interface OpenRequest {
  readonly connection: Socket;
  readonly kind: ReplyKind;
  /** The reason why it was refused; `undefined` when it was not refused. */
  refusal: string | undefined;
}

/** Counts and logs the requests of the app, and limits the concurrent requests of each address. */
export class RequestMonitor {
  readonly #options: RequestMonitorOptions;
  readonly #routeOf: (path: string) => string;
  readonly #limit: ClientLimit;
  readonly #open = new Map<ServerResponse, OpenRequest>();
  readonly #sentBytes = new SentBytes();
  /** The requests that are over, and the refusals. */
  readonly tally: RequestTally = new RequestTally();

  /** @param routeOf - Returns the pattern of a path's route, and the same text for all paths without a route. */
  constructor(options: RequestMonitorOptions, routeOf: (path: string) => string) {
    this.#options = options;
    this.#routeOf = routeOf;
    this.#limit = new ClientLimit(Infinity, options.maxRequestsPerAddress);
  }

  /** The number of open requests. */
  get underWay(): number {
    return this.#open.size;
  }

  /** The bytes written to connections so far, by the kind of the reply. */
  get sentBytes(): Readonly<Record<ReplyKind, number>> {
    for (const { connection, kind } of this.#open.values()) this.#sentBytes.count(connection, kind);
    return this.#sentBytes.totals;
  }

  /**
   * Watches a request until its response is over, and sets `X-Request-Id`.
   *
   * @returns The reason when the request exceeds the limit of its address, otherwise `undefined`.
   */
  watch(request: IncomingMessage, response: ServerResponse): string | undefined {
    const id = randomUUID();
    const start = performance.now();
    const { address } = this.#options.trustProxy.clientOf(request);
    const key = addressKey(address);
    const { socket, method = "" } = request;
    const { path } = splitTarget(request.url ?? "");
    const route = this.#routeOf(path);
    const connection = connectionOf(request);
    this.#sentBytes.start(connection);
    const open: OpenRequest = { connection, kind: replyKindOf(route), refusal: undefined };
    const bytesBefore = bytesOf(connection);
    response.setHeader("X-Request-Id", id);
    const obstacle = this.#limit.acquire(key);
    this.#open.set(response, open);
    let stopWatching: (() => void) | undefined;
    const finish = (): void => {
      if (!this.#open.delete(response)) return;
      stopWatching?.();
      if (obstacle === undefined) this.#limit.release(key);
      this.#sentBytes.count(connection, open.kind);
      // This is an upper bound: requests that share a connection (HTTP/2, a pipeline) share its count.
      const bytes = bytesOf(connection) - bytesBefore;
      const status = response.headersSent ? response.statusCode : null;
      this.tally.countRequest(route, method, status);
      const ms = Math.round(performance.now() - start);
      const common = { id, method, path: path.slice(0, MAX_PATH), status, bytes, ms, address };
      const fields = open.refusal === undefined ? common : { ...common, reason: open.refusal };
      this.#options.onLog(logEntry(levelOf(status, path, open.refusal), "request", fields));
    };
    response.once("close", finish);
    // A response to HEAD over HTTP/2 emits no `close` when its stream closes before it is ended.
    const { stream } = response as unknown as Partial<Http2ServerResponse>;
    stream?.once("close", finish);
    // A response that waits for its turn in a pipeline emits no event when the connection closes.
    if (response instanceof ServerResponse && response.socket === null) stopWatching = onSocketClose(socket, finish);
    // The client may have left while the server was starting.
    if (hasLeft(request, response)) finish();
    return obstacle;
  }

  /** Counts and logs a request that was refused before it reached the app. */
  noteMalformed({ id, status, code, address }: MalformedRequest): void {
    const reason = this.tally.countRefusal(code);
    this.tally.countRequest("other", "other", status);
    const fields = { id, method: null, path: null, status, bytes: null, ms: null, address, reason };
    this.#options.onLog(logEntry(levelOf(status, "", reason), "request", fields));
  }

  /**
   * Counts a refused request, and records the reason for its log entry.
   *
   * @param code - The code of the error.
   */
  refuse(response: ServerResponse, code: string): void {
    const reason = this.tally.countRefusal(code);
    const open = this.#open.get(response);
    if (open !== undefined) open.refusal = reason;
  }
}

/**
 * Returns the level of a request: `error` for a fault of the server, `warn` for a refusal by a guard or a limit,
 * `debug` for files and monitoring, otherwise `info`.
 */
function levelOf(status: number | null, path: string, refusal: string | undefined): LogLevel {
  if (status === 500) return "error";
  // The reply to an EventSource that a limit refuses is 200.
  if (refusal !== undefined && (status === null || [200, 401, 403, 429, 503].includes(status))) return "warn";
  return /^\/(?:page|terminal|metrics|healthz)(?:\/|$)/.test(path) ? "debug" : "info";
}
