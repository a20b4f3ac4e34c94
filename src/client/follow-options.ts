import type { EventStreamSource } from "../protocol/decode-stream.ts";
import type { ConnectionReport } from "./connection-report.ts";

/** The part of a `Response` of the Fetch standard that the client uses. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** A web stream, or the stream of Node that some packages use. */
  readonly body: EventStreamSource | null;
}

/** A `fetch`: that of the runtime, or another implementation with its own proxy, certificates or connections. */
export type FetchFunction = (url: string, init: object) => Promise<FetchedResponse>;

/** The headers of a request. */
export type RequestHeaders =
  | Readonly<Record<string, string>>
  | Iterable<readonly [string, string]>
  | { forEach(visit: (value: string, name: string) => void): void };

/** The body of a request, for example a string, bytes, `URLSearchParams` or `FormData`. */
export type RequestBody = string | object;

/** The limits of the time between two connections. */
export interface RetryOptions {
  /** The reconnection time until the stream sets one with `retry:`, in milliseconds. Default 1000. */
  readonly initial?: number | undefined;
  /** The minimum reconnection time, also for `retry:`, in milliseconds. Default 100, or `initial` if it is less. */
  readonly min?: number | undefined;
  /** The maximum reconnection time, also for `retry:`, in milliseconds. Default 30 000, or `initial` if it is more. */
  readonly max?: number | undefined;
  /** The maximum number of consecutive attempts without a byte of the stream. Default `Infinity`. */
  readonly attempts?: number | undefined;
}

/** The options of `follow()`. */
export interface FollowOptions {
  /** Ends the iteration when it is aborted; the pending `next()` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Headers of each request. A function is called for each connection, for example to renew a token; if it throws, the
   * connection counts as failed. `Accept` and `Cache-Control` have the values of the standard unless they are set here.
   * Default none.
   */
  readonly headers?: RequestHeaders | (() => RequestHeaders | Promise<RequestHeaders>) | undefined;
  /** The method of the request. Default `GET`. */
  readonly method?: string | undefined;
  /** The body of the request, sent for each connection. A function returns a new body each time. Default none. */
  readonly body?: RequestBody | (() => RequestBody | Promise<RequestBody>) | undefined;
  /** The last event ID of an earlier connection, sent as `Last-Event-ID`. Default `""`: none. */
  readonly lastEventId?: string | undefined;
  /** The function that sends requests. Default `globalThis.fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /** The maximum size of an event, as for `EventStreamDecoder`. Default 16 MiB. */
  readonly maxEventBytes?: number | undefined;
  /** When the client reconnects. */
  readonly retry?: RetryOptions | undefined;
  /**
   * The time without a byte, not even a heartbeat, after which the client reconnects, in milliseconds. It includes the
   * wait for the response. Default `Infinity`.
   */
  readonly silence?: number | undefined;
  /**
   * The statuses after which the client reconnects although the standard ends the stream. `true` stands for 429, 502,
   * 503 and 504, which proxies answer while a server restarts. `Retry-After` is obeyed. Default none.
   */
  readonly retryStatuses?: boolean | readonly number[] | undefined;
  /** Whether to read a stream whose `Content-Type` is not `text/event-stream`. Default false. */
  readonly anyContentType?: boolean | undefined;
  /** Called when the state of the connection changes. An error that it throws ends the iteration. */
  readonly onConnection?: ((report: ConnectionReport) => void) | undefined;
}
