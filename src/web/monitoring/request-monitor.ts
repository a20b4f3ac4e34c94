import { randomUUID } from "node:crypto";
import { ServerResponse } from "node:http";
import { ClientLimit } from "../../channel/clients/client-limit.ts";
import { onSocketClose } from "../../channel/connections/socket-close.ts";
import { addressKey } from "../../http/address-key.ts";
import { splitTarget } from "../../http/request-target.ts";
import { logEntry } from "./log-entry.ts";
import type { IncomingMessage } from "node:http";
import type { ProxyTrust } from "../../http/proxy-trust.ts";
import type { LogEntry, LogLevel } from "./log-entry.ts";

/** Longer paths are cut in the log. */
const MAX_PATH = 500;

/** The options of a request monitor. */
export interface RequestMonitorOptions {
  readonly trustProxy: ProxyTrust;
  /** The maximum number of requests of one address that are under way, open streams included. */
  readonly maxRequestsPerAddress: number;
  readonly onLog: (entry: LogEntry) => void;
}

/** Counts and logs the requests of the app, and limits how many of one address are under way. */
export class RequestMonitor {
  readonly #options: RequestMonitorOptions;
  readonly #limit: ClientLimit;
  /** How many requests were answered so far, by status. */
  readonly statuses: Map<number, number> = new Map();
  /** How many requests were refused so far, by the code of the error in lower case, with dashes. */
  readonly refusals: Map<string, number> = new Map();
  /** How many bytes were sent for requests that are over. */
  bytes = 0;

  constructor(options: RequestMonitorOptions) {
    this.#options = options;
    this.#limit = new ClientLimit(Infinity, options.maxRequestsPerAddress);
  }

  /** How many requests are under way. */
  get underWay(): number {
    return this.#limit.count;
  }

  /**
   * Watches a request until its response is over, and sets `X-Request-Id`.
   *
   * @returns Why the request has no place; `undefined` when it has one.
   */
  watch(request: IncomingMessage, response: ServerResponse): string | undefined {
    const id = randomUUID();
    const start = performance.now();
    const { address } = this.#options.trustProxy.clientOf(request);
    const key = addressKey(address);
    const { socket } = request;
    const bytesBefore = socket.bytesWritten;
    response.setHeader("X-Request-Id", id);
    const obstacle = this.#limit.acquire(key);
    let isOver = false;
    let stopWatching: (() => void) | undefined;
    const finish = (): void => {
      if (isOver) return;
      isOver = true;
      stopWatching?.();
      if (obstacle === undefined) this.#limit.release(key);
      // The requests of a connection share its count: of HTTP/2, and of a pipeline, this is an upper bound.
      const bytes = Math.max(0, socket.bytesWritten - bytesBefore) || 0;
      const status = response.headersSent ? response.statusCode : null;
      this.#count(status, bytes);
      const path = splitTarget(request.url ?? "").path.slice(0, MAX_PATH);
      const ms = Math.round(performance.now() - start);
      const fields = { id, method: request.method ?? "", path, status, bytes, ms, address };
      this.#options.onLog(logEntry(levelOf(status, path), "request", fields));
    };
    response.once("close", finish);
    // A response that waits for its turn in a pipeline emits no event when the connection closes.
    if (response instanceof ServerResponse && response.socket === null) stopWatching = onSocketClose(socket, finish);
    // The client left while the server was starting.
    if (response.destroyed || socket.destroyed) finish();
    return obstacle;
  }

  /** Counts a refused request. */
  refuse(code: string): void {
    const reason = code.toLowerCase().replaceAll("_", "-");
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1);
  }

  #count(status: number | null, bytes: number): void {
    this.bytes += bytes;
    if (status !== null) this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }
}

/** Faults are errors; refusals of the guards and of the limits are warnings; files and monitors are details. */
function levelOf(status: number | null, path: string): LogLevel {
  if (status === 500) return "error";
  if (status !== null && [401, 403, 429, 503].includes(status)) return "warn";
  return /^\/(?:page|terminal|metrics|healthz)(?:\/|$)/.test(path) ? "debug" : "info";
}
