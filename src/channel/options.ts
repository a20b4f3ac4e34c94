import { randomBytes } from "node:crypto";
import { MAX_DELAY, checkChoice, checkInteger, checkValue, kinds } from "../check-options.ts";
import { TailcastError } from "../error.ts";
import { encodeComment, encodeEvent } from "../protocol/encode.ts";
import { isEpoch } from "../protocol/sequence-id.ts";
import type { IncomingMessage } from "node:http";
import type { ChannelHistory } from "./history/history.ts";

/** The options of a {@link Channel}. Every one has a default. */
export interface ChannelOptions {
  /** How many events are kept for clients that come back or lag. Default 1000. */
  capacity?: number | undefined;
  /** How many bytes of encoded events are kept at most; also the limit for one event. Default 16 MiB. */
  capacityBytes?: number | undefined;
  /**
   * What a client gets that comes without a last event id: the newest `backlog` events, or `"all"` that are kept.
   * Default 0: only what is published from then on.
   */
  backlog?: number | "all" | undefined;
  /**
   * The longest silence in milliseconds before a client gets a comment, so that proxies keep its connection open.
   * Default 15 000; 0 turns heartbeats off.
   */
  heartbeat?: number | undefined;
  /**
   * The reconnection time that clients are told (HTML 9.2.6, `retry`), in milliseconds. Default 2000; `null` leaves it
   * to them.
   */
  retry?: number | null | undefined;
  /** How many clients may be connected at once. Default 10 000. Whoever comes later is refused; nobody is evicted. */
  maxClients?: number | undefined;
  /** How many clients one address (IPv4, or IPv6 /64) may have at once. Default `Infinity`. */
  maxClientsPerAddress?: number | undefined;
  /**
   * How a client is refused when there is no room, or when the channel is shut down: `"reject"` answers 503 with
   * `Retry-After`, after which a browser's EventSource never tries again; `"retry"` answers 200 with a `retry:` and
   * ends, so that it does. Default `"reject"`.
   */
  whenFull?: "reject" | "retry" | undefined;
  /**
   * After how many milliseconds a refused client should try again. What it is told lies between this and twice this, at
   * random. Default 5000.
   */
  retryAfter?: number | undefined;
  /**
   * A client that takes nothing for this many milliseconds while more waits for it is disconnected. Default 60 000; 0
   * means never.
   */
  stallTimeout?: number | undefined;
  /**
   * After about this many milliseconds (80 to 100 % of it, at random) a connection is ended, so that its client comes
   * back, perhaps to another server. Default 0: never.
   */
  maxConnectionAge?: number | undefined;
  /**
   * How long, in milliseconds, one write follows the last at least; the first event after a pause leaves at once all
   * the same. Default 0: what is published in one turn of the event loop leaves at its end.
   */
  coalesceMs?: number | undefined;
  /**
   * How many clients that are far behind are sent a slice of what they miss in one turn of the event loop. Default 16.
   */
  maxCatchUps?: number | undefined;
  /** Whether clients that accept gzip get it. Every event is compressed once for all of them. Default false. */
  compress?: boolean | undefined;
  /**
   * The type of an event without data of interest that takes the place of the heartbeat's comment, for pages that watch
   * over their connection themselves: an EventSource does not show comments. Default: a comment.
   */
  heartbeatEvent?: string | undefined;
  /**
   * The address that `maxClientsPerAddress` counts, e.g. from a header that your own proxy sets. Default: the socket's.
   */
  clientAddress?: ((request: IncomingMessage) => string) | undefined;
  /**
   * The name of this log in the ids: 1 to 64 letters, digits or `. _ ~ -`. Default: the history's, or a new random one,
   * since the log starts empty.
   */
  epoch?: string | undefined;
  /**
   * Where events are stored before clients see them, and read from when they are no longer in memory, so that the log
   * outlives the process and nobody lags too far behind. Default: none. See `FileHistory`.
   */
  history?: ChannelHistory | undefined;
}

/** The reconnection time, in milliseconds, where none was set but one must be told. */
export const DEFAULT_RETRY: number = 2000;

/** The options with every default filled in. */
export interface ChannelSettings {
  readonly capacity: number;
  readonly capacityBytes: number;
  /** `Infinity` for everything. */
  readonly backlog: number;
  readonly heartbeat: number;
  readonly retry: number | null;
  readonly maxClients: number;
  readonly maxClientsPerAddress: number;
  readonly whenFull: "reject" | "retry";
  readonly retryAfter: number;
  readonly stallTimeout: number;
  readonly maxConnectionAge: number;
  readonly coalesceMs: number;
  readonly maxCatchUps: number;
  readonly compress: boolean;
  /** What is written after silence. */
  readonly heartbeatText: string;
  readonly clientAddress: (request: IncomingMessage) => string;
  readonly epoch: string;
  readonly history: ChannelHistory | undefined;
}

/** Checks every option and fills in the defaults. @throws {TailcastError} `INVALID_OPTION`, naming the option. */
export function channelSettings(options: ChannelOptions): ChannelSettings {
  const delay = { min: 0, max: MAX_DELAY };
  // Half of the longest delay, since a jittered one may be twice as long.
  const jitteredDelay = { min: 0, max: (MAX_DELAY - 1) / 2 };
  const count = { min: 1, orInfinity: true };
  const {
    capacity = 1000,
    capacityBytes = 16 * 1024 * 1024,
    backlog = 0,
    heartbeat = 15_000,
    retry = DEFAULT_RETRY,
    maxClients = 10_000,
    maxClientsPerAddress = Infinity,
    whenFull = "reject",
    retryAfter = 5000,
    stallTimeout = 60_000,
    maxConnectionAge = 0,
    coalesceMs = 0,
    maxCatchUps = 16,
    compress = false,
    heartbeatEvent,
    clientAddress = socketAddress,
    history,
    epoch = history?.epoch ?? randomBytes(5).toString("hex"),
  } = options;
  if (typeof epoch !== "string" || !isEpoch(epoch)) {
    const wanted = "it must be 1 to 64 letters, digits or . _ ~ -";
    throw new TailcastError("INVALID_OPTION", `Cannot use the option "epoch": ${wanted}`);
  }
  if (history !== undefined && checkValue("history", history, kinds.object).epoch !== epoch) {
    throw new TailcastError("INVALID_OPTION", 'Cannot use the option "epoch": the history has another');
  }
  return {
    capacity: checkInteger("capacity", capacity, { min: 1 }),
    capacityBytes: checkInteger("capacityBytes", capacityBytes, { min: 1 }),
    backlog: backlog === "all" ? Infinity : checkInteger("backlog", backlog, { min: 0, orInfinity: true }),
    heartbeat: checkInteger("heartbeat", heartbeat, delay),
    retry: retry === null ? null : checkInteger("retry", retry, jitteredDelay),
    maxClients: checkInteger("maxClients", maxClients, count),
    maxClientsPerAddress: checkInteger("maxClientsPerAddress", maxClientsPerAddress, count),
    whenFull: checkChoice("whenFull", whenFull, ["reject", "retry"]),
    retryAfter: checkInteger("retryAfter", retryAfter, jitteredDelay),
    stallTimeout: checkInteger("stallTimeout", stallTimeout, delay),
    maxConnectionAge: checkInteger("maxConnectionAge", maxConnectionAge, delay),
    coalesceMs: checkInteger("coalesceMs", coalesceMs, delay),
    maxCatchUps: checkInteger("maxCatchUps", maxCatchUps, { min: 1 }),
    compress: checkValue("compress", compress, kinds.boolean),
    heartbeatText: heartbeatEvent === undefined ? encodeComment("") : heartbeatBlock(heartbeatEvent),
    clientAddress: checkValue("clientAddress", clientAddress, kinds.function),
    epoch,
    history,
  };
}

function heartbeatBlock(event: string): string {
  try {
    return encodeEvent({ event, data: "" });
  } catch (cause) {
    const message = `Cannot use the option "heartbeatEvent": it must be an event type (${(cause as Error).message})`;
    throw new TailcastError("INVALID_OPTION", message, { cause });
  }
}

function socketAddress(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? "";
}
