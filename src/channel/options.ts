import type { IncomingMessage } from "node:http";
import type { ChannelClient, CloseReason } from "./clients/client.ts";
import type { CorsOptions } from "./connections/cors.ts";
import type { ChannelHistory } from "./history/history.ts";
import type { Gap } from "./log/gap.ts";

/** The options of a {@link Channel}. Each has a default. `Data` is the type of `client.data`. */
export interface ChannelOptions<Data = unknown> {
  /** The maximum number of events that are kept for clients that reconnect or lag. Default 1000. */
  capacity?: number | undefined;
  /** The maximum size of the kept events, encoded, in bytes; also the limit of one event. Default 16 MiB. */
  capacityBytes?: number | undefined;
  /**
   * The events that a client without a last event id gets: the newest `backlog`, or `"all"` that are kept. Default 0:
   * only events that are published from then on.
   */
  backlog?: number | "all" | undefined;
  /**
   * The longest silence in milliseconds before a client gets a comment, so that proxies and servers keep its connection
   * open. 0 turns heartbeats off. Default 7000, which is below the shortest common idle limit: `Bun.serve` ends a
   * silent response after 8 to 12 s.
   */
  heartbeat?: number | undefined;
  /**
   * The type of an event without data that takes the place of the heartbeat's comment, for pages that monitor their
   * connection: an EventSource does not show comments. Default: a comment.
   */
  heartbeatEvent?: string | undefined;
  /**
   * The reconnection time that clients receive (HTML 9.2.6, `retry`), in milliseconds. Default 2000; `null`: clients
   * use their own.
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
   * The address that `maxClientsPerAddress` counts, e.g. from a header that your own proxy sets. Default: the socket's.
   * If this function throws or returns anything but a string, the error is reported, and the socket's address counts.
   */
  clientAddress?: ((request: IncomingMessage) => string) | undefined;
  /**
   * How a client is refused when a limit is reached: `"retry"` answers 200 with a `retry:` and ends, so that an
   * EventSource tries again; `"reject"` answers 503 with `Retry-After`, after which an EventSource never tries again.
   * Default `"retry"`.
   */
  whenFull?: "retry" | "reject" | undefined;
  /**
   * How long a refused client should wait, in milliseconds; each receives a random time between this and twice this.
   * Default 5000.
   */
  retryAfter?: number | undefined;
  /**
   * A client that reads nothing for this many milliseconds while bytes wait for it is disconnected. Default 60 000; 0
   * means never.
   */
  stallTimeout?: number | undefined;
  /**
   * After about this many milliseconds (80 to 100 % of it, at random) a connection is ended, so that its client
   * reconnects, perhaps to another server. Default 0: never.
   */
  maxConnectionAge?: number | undefined;
  /**
   * The shortest time between two writes, in milliseconds; the first event after a pause is still written at once.
   * Default 0: events that are published in one turn of the event loop leave at its end.
   */
  coalesce?: number | undefined;
  /**
   * The maximum number of clients to which missed events are sent in one turn of the event loop, a slice to each.
   * Default 16.
   */
  maxCatchUps?: number | undefined;
  /** Whether streams are compressed for clients that accept gzip, once for all of them. Default false. */
  compress?: boolean | undefined;
  /** The methods that open a stream; HEAD belongs to GET. Default `["GET"]`. */
  methods?: readonly string[] | undefined;
  /**
   * `"strict"`: a request whose `Accept` header excludes `text/event-stream` is answered 406. `"ignore"`: the header is
   * ignored. Default `"strict"`.
   */
  accept?: "strict" | "ignore" | undefined;
  /** The origins whose pages may open the stream. Default: none. */
  cors?: CorsOptions | undefined;
  /**
   * The store of events: they are stored before clients see them, and read from it when they are no longer in memory.
   * It belongs to this channel until the channel is closed. Default: none. See `FileHistory`.
   */
  history?: ChannelHistory | undefined;
  /**
   * The epoch of a log in memory, which starts empty: 1 to 128 letters, digits or `. _ ~ -`, **new each time**, such as
   * the id of a job. A name that returns after a restart would give old ids to new events, and clients that reconnect
   * would miss events without a `gap`. Default: a random one.
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
   * When clients should reconnect, in milliseconds; each receives a time between this and twice this, at random.
   * Default: the channel's `retry`, or else 2000.
   */
  retry?: number | undefined;
  /** The time after which a connection is dropped if its client does not read the rest, in ms. Default 5000. */
  deadline?: number | undefined;
}

/** The options for the request of one client. */
export interface ClientOptions<Data> {
  /** Any value. It becomes the `data` of the client. */
  data?: Data | undefined;
}

/** The same as {@link ClientOptions}, for a request that has no address. */
export interface FetchClientOptions<Data> extends ClientOptions<Data> {
  /** The client's address. Without it, `maxClientsPerAddress` does not apply to the client. */
  address?: string | undefined;
}

/** Where {@link Channel.read} starts and ends. */
export interface ReadOptions {
  /** The id of the last event that the reader has. Default: none. */
  lastEventId?: string | undefined;
  /** The events that a reader without a last event id gets first. Default: the channel's `backlog`. */
  backlog?: number | "all" | undefined;
  /**
   * `"end"`: the reader follows the log to its end. `"now"`: it ends with the last event that was published before the
   * call. Default `"end"`.
   */
  until?: "end" | "now" | undefined;
  /** Ends the stream when it is aborted. */
  signal?: AbortSignal | undefined;
}
