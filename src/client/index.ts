/**
 * tailcast/client: follows event streams in Node, Bun, Deno and browsers.
 *
 * It imports no Node module, so bundles for browsers, workers and edge runtimes can include it.
 *
 * @module
 */
export { TailcastError } from "../error.ts";
export { EventSource } from "./event-source.ts";
export { follow } from "./follow.ts";
export type { TailcastErrorCode } from "../error.ts";
export type { DecodedEvent } from "../protocol/decode.ts";
export type { ConnectionReport, ConnectionState } from "./connection-report.ts";
export type { EventSourceOptions } from "./event-source.ts";
export type { EventFollower } from "./follow.ts";
export type {
  FetchFunction,
  FetchedResponse,
  FollowOptions,
  RequestBody,
  RequestHeaders,
  RetryOptions,
} from "./follow-options.ts";
