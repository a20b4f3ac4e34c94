/**
 * The version of the messages below. Raise it with every change to them: tabs of different versions then use different
 * workers, because a tab may be older than the worker that the server delivers now.
 */
export const HUB_VERSION = 1;

/** The interval in which the hub sends `ping` to each tab, in milliseconds. */
export const PING_INTERVAL = 5000;

/** A tab or a hub that has sent nothing for this time, in milliseconds, has ended. */
export const SILENCE_LIMIT = 20_000;

/** The type of the event that a source fires while the hub has no free connection for it. No server sends it. */
export const NO_PLACE = "tailcast:no-place";

/** An event of a stream, as the hub passes it on. */
export interface HubEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/** A stream that a tab opens. */
export interface HubRequest {
  readonly path: string;
  /** The types of the events that the tab receives. */
  readonly types: readonly string[];
  /** Whether the tab receives every event after `lastEventId`; otherwise the tab receives what follows the connect. */
  readonly isComplete: boolean;
  /** Empty: the stream starts with its first event. */
  readonly lastEventId: string;
}

/** A message of a tab. `source` is a number that the tab has chosen. */
export type TabMessage =
  | { readonly type: "open"; readonly source: number; readonly request: HubRequest }
  | { readonly type: "close"; readonly source: number }
  /** With `isMultiplexed`, the streams share one connection (HTTP/2), and need no limit. */
  | { readonly type: "hello"; readonly isMultiplexed: boolean }
  | { readonly type: "pong" | "bye" };

/** A message of the hub. */
export type HubMessage =
  | { readonly type: "ping" }
  | { readonly type: "opened" | "no-place"; readonly source: number }
  /** With `isClosed`, the source does not reconnect. */
  | { readonly type: "failed"; readonly source: number; readonly isClosed: boolean }
  | { readonly type: "events"; readonly source: number; readonly events: readonly HubEvent[] };

/** The part of a `MessagePort` that is used here; tests pass their own. */
export interface HubPort<Sent, Received> {
  postMessage(message: Sent): void;
  addEventListener(type: "message", listener: (event: { readonly data: Received }) => void): void;
  start(): void;
  close(): void;
}
