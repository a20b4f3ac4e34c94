import type { IncomingMessage } from "node:http";
import type { ChannelClient, CloseReason } from "./clients/client.ts";
import type { CorsOptions } from "./connections/cors.ts";
import type { ChannelHistory } from "./history/history.ts";
import type { Gap } from "./log/gap.ts";

/** The options of a {@link Channel}. Each has a default. `Data` is the type of `client.data`. */
export interface ChannelOptions<Data = unknown> {
  /** How many events are kept for clients that reconnect or lag. Default 1000. */
  capacity?: number | undefined;
  /** How many bytes of encoded events are kept at most; also the limit for one event. Default 16 MiB. */
  capacityBytes?: number | undefined;
  /**
   * The events that a client without a last event id gets: the newest `backlog`, or `"all"` that are kept. Default 0:
   * only events that are published from then on.
   */
  backlog?: number | "all" | undefined;
  /**
   * The longest silence in milliseconds before a client gets a comment, so that proxies and servers keep its connection
   * open. Default 7000, which is below the shortest idle limit that is common: `Bun.serve` ends a silent response after
   * 8 to 12 s. 0 turns heartbeats off.
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
   * How many clients may be connected at once. Default 10 000. When the limit is reached, new clients are refused;
   * no connected client is dropped for a new one.
   */
  maxClients?: number | undefined;
  /** How many clients one address (IPv4, or IPv6 /64) may have at once. Default `Infinity`. */
  maxClientsPerAddress?: number | undefined;
  /**
   * The address that `maxClientsPerAddress` counts, e.g. from a header that your own proxy sets. Default: the socket's.
   */
  clientAddress?: ((request: IncomingMessage) => string) | undefined;
  /**
   * How a client is refused when there is no room: `"retry"` answers 200 with a `retry:` and ends, so that an
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
   * How many clients that are far behind are sent a slice of their missed events in one turn of the event loop. Default
   * 16.
   */
  maxCatchUps?: number | undefined;
  /** Whether clients that accept gzip get it. Every event is compressed once for all of them. Default false. */
  compress?: boolean | undefined;
  /** The methods that open a stream; HEAD belongs to GET. Default `["GET"]`. */
  methods?: readonly string[] | undefined;
  /**
   * Whether a request whose `Accept` header excludes `text/event-stream` is answered 406 (`"strict"`), or is
   * ignored (`"ignore"`). Default `"strict"`.
   */
  accept?: "strict" | "ignore" | undefined;
  /** The pages of other origins that may open the stream. Default: none. */
  cors?: CorsOptions | undefined;
  /**
   * Where events are stored before clients see them, and read from when they are no longer in memory. Default: none.
   * See `FileHistory`.
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
  /** Called when a client was accepted. An error in this hook or in the next two is reported and affects no client. */
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
  /** After how many milliseconds a connection whose client does not read the rest is dropped. Default 5000. */
  deadline?: number | undefined;
}

/** The options for the request of one client. */
export interface ClientOptions<Data> {
  /** Anything: it is kept as the client's `data`. */
  data?: Data | undefined;
}

/** As {@link ClientOptions}, for a request that does not show its address. */
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
  /** Ends the reading when it is aborted. */
  signal?: AbortSignal | undefined;
}
