import type { IncomingMessage } from "node:http";
import type { ChannelClient, CloseReason } from "./clients/client.ts";
import type { CorsOptions } from "./connections/cors.ts";
import type { ChannelHistory } from "./history/history.ts";
import type { SharedLog } from "./history/shared-log.ts";
import type { Gap } from "./log/gap.ts";

/** The options of a {@link Channel}. Each has a default. `Data` is the type of `client.data`. */
export interface ChannelOptions<Data = unknown> {
  /**
   * The maximum number of events that are kept for clients that reconnect or lag. `Infinity`: only `capacityBytes`
   * limits them. Default 1000.
   */
  capacity?: number | undefined;
  /** The maximum size of the kept events in bytes, encoded. It is also the limit for one event. Default 16 MiB. */
  capacityBytes?: number | undefined;
  /**
   * The number of newest events that a client without a last event id receives, or `"all"` kept events. Default 0: only
   * events that are published later.
   */
  backlog?: number | "all" | undefined;
  /**
   * The longest silence in milliseconds before the channel sends a comment, so that proxies and servers keep the
   * connection open. 0 turns heartbeats off. Default 7000, which is below the shortest common idle limit: `Bun.serve`
   * ends a silent response after 8 to 12 s.
   */
  heartbeat?: number | undefined;
  /**
   * The type of an event without data that is sent as heartbeat instead of a comment. Pages can monitor their
   * connection with it: an EventSource does not report comments. Default: a comment.
   */
  heartbeatEvent?: string | undefined;
  /**
   * The reconnection time that clients receive (HTML 9.2.6, `retry`), in milliseconds. Default 2000; `null`: clients
   * use their own default.
   */
  retry?: number | null | undefined;
  /**
   * The maximum number of connected clients. Default 10 000. When the limit is reached, new clients are refused;
   * no connected client is dropped for a new one.
   */
  maxClients?: number | undefined;
  /** The maximum number of connected clients from one address (IPv4, or IPv6 /64). Default `Infinity`. */
  maxClientsPerAddress?: number | undefined;
  /**
   * Returns the address that `maxClientsPerAddress` counts, e.g. from a header that your own proxy sets. Default: the
   * socket's address. If this function throws or returns anything but a string, the error is reported, and the socket's
   * address counts.
   */
  clientAddress?: ((request: IncomingMessage) => string) | undefined;
  /**
   * The reply to a client when a limit is reached: `"retry"` is a 200 with a `retry:` that ends, so that an EventSource
   * reconnects; `"reject"` is a 503 with `Retry-After`, after which an EventSource never reconnects. Default `"retry"`.
   */
  whenFull?: "retry" | "reject" | undefined;
  /**
   * The time after which a refused client should reconnect, in milliseconds. Each client receives a random time between
   * one and two times this value. Default 5000.
   */
  retryAfter?: number | undefined;
  /**
   * A client is disconnected when it reads none of its waiting bytes for this time, in milliseconds. Default 60 000; 0:
   * never.
   */
  stallTimeout?: number | undefined;
  /**
   * The maximum age of a connection, in milliseconds. The channel ends it after 80 to 100 % of this time, at random, so
   * that its client reconnects, perhaps to another server. Default 0: no limit.
   */
  maxConnectionAge?: number | undefined;
  /**
   * The shortest time between two writes, in milliseconds; the first event after a pause is still written immediately.
   * Default 0: events that are published in one turn of the event loop are written at its end.
   */
  coalesce?: number | undefined;
  /**
   * The maximum number of clients that receive a slice of their missed events in one turn of the event loop. Default
   * 16.
   */
  maxCatchUps?: number | undefined;
  /**
   * Whether streams are compressed for clients that accept gzip. Events are compressed once for all clients. Default
   * false.
   */
  compress?: boolean | undefined;
  /** The methods that open a stream. GET includes HEAD. Default `["GET"]`. */
  methods?: readonly string[] | undefined;
  /**
   * `"strict"`: a request whose `Accept` header excludes `text/event-stream` is answered 406. `"ignore"`: the header is
   * ignored. Default `"strict"`.
   */
  accept?: "strict" | "ignore" | undefined;
  /** The origins whose pages may open the stream. Default: none. */
  cors?: CorsOptions | undefined;
  /**
   * The store of the log: the channel stores events before clients receive them, and reads events that are no longer in
   * memory. Only this channel may use it until the channel is closed. Default: none. See `FileHistory`.
   */
  history?: ChannelHistory | undefined;
  /**
   * A log that other processes publish to as well: the channel shows its events, and `publish`, `end` and `skip` throw.
   * Several channels may use it, and `close` does not close it. Not together with `history`, `epoch` or `uniqueEpoch`.
   * Default: none. See `SharedLog`.
   */
  log?: SharedLog | undefined;
  /**
   * The epoch of a log in memory, which starts empty: 1 to 128 letters, digits or `. _ ~ -`, **new each time**, such as
   * the id of a job. If a name were used again after a restart, new events would have old ids, and clients that
   * reconnect would miss events without a `gap`. Default: a random epoch.
   */
  uniqueEpoch?: string | undefined;
  /** The epoch of the `history`, which determines it; without a history, see `uniqueEpoch`. */
  epoch?: string | undefined;
  /** Called when a client was accepted. An error in this hook or the next two is reported, and affects no client. */
  onConnect?: ((client: ChannelClient<Data>) => unknown) | undefined;
  /** Called when a client's connection is over. */
  onDisconnect?: ((client: ChannelClient<Data>, reason: CloseReason) => unknown) | undefined;
  /** Called when a client receives a gap. */
  onGap?: ((client: ChannelClient<Data>, gap: Gap) => unknown) | undefined;
}

/** How {@link Channel.close} ends the streams. */
export interface CloseOptions {
  /**
   * The time after which clients should reconnect, in milliseconds. Each client receives a random time between one and
   * two times this value. Default: the channel's `retry`, or else 2000.
   */
  retry?: number | undefined;
  /**
   * The time after which connections whose clients have not read the rest are dropped, in milliseconds. Default 5000.
   */
  deadline?: number | undefined;
}

/** The options of one client's request. */
export interface ClientOptions<Data> {
  /** Any value. It becomes the `data` of the client. */
  data?: Data | undefined;
}

/** The options of one client's request in the Fetch API, which does not have the client's address. */
export interface FetchClientOptions<Data> extends ClientOptions<Data> {
  /** The client's address. Without it, `maxClientsPerAddress` does not apply to the client. */
  address?: string | undefined;
}

/** The options of {@link Channel.read}: where it starts and ends. */
export interface ReadOptions {
  /** The id of the last event that the reader has received. Default: none. */
  lastEventId?: string | undefined;
  /** The number of events that a reader without a last event id receives first. Default: the channel's `backlog`. */
  backlog?: number | "all" | undefined;
  /**
   * `"end"`: the reader follows the log to its end. `"now"`: the reader ends with the last event that was published
   * before the call. Default `"end"`.
   */
  until?: "end" | "now" | undefined;
  /** Ends the stream when it is aborted. */
  signal?: AbortSignal | undefined;
}
