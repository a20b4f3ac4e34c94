import type { ClientStart, CloseReason } from "./clients/client.ts";
import type { ClientSet } from "./clients/client-set.ts";
import type { EventLog } from "./log/event-log.ts";

/** Statistics of a channel. Values "so far" only increase; the others are current values. */
export interface ChannelStatistics {
  /** The number of connected clients. */
  readonly clients: number;
  /** The clients that have not read all sent bytes, and the clients to which missed events are being sent. */
  readonly blocked: number;
  readonly catchingUp: number;
  /** The number of visible events that were not yet sent to the slowest connected client. */
  readonly lag: number;
  /** Events in memory, and their encoded size in bytes. */
  readonly keptEvents: number;
  readonly keptBytes: number;
  /** Events published so far, by this channel; with a shared `log`, the events that the channel has received. */
  readonly published: number;
  /** Events delivered so far, counted once for each client. */
  readonly delivered: number;
  /** Clients accepted so far, by how they started. */
  readonly accepted: { readonly fresh: number; readonly resumed: number; readonly gap: number };
  /** Gaps reported so far, to clients that reconnected too late or lagged too far. */
  readonly gaps: number;
  /** Clients refused so far, because the channel was full or closing. */
  readonly refused: number;
  /**
   * Failures of the history so far. After a failure to append, the channel continues only in memory. With a shared
   * `log`: how often it did not answer, counted once until it answers again.
   */
  readonly historyFailures: number;
  /** Connections ended so far, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
}

/** The counters that the channel maintains itself. */
export interface ChannelCounters {
  readonly published: number;
  readonly accepted: Readonly<Record<ClientStart, number>>;
  readonly refused: number;
  readonly historyFailures: number;
}

/** Returns the statistics of a channel. */
export function channelStatistics(log: EventLog, clientSet: ClientSet, counters: ChannelCounters): ChannelStatistics {
  const { clients, delays, delivered, gaps, closed } = clientSet;
  return {
    clients: clients.size,
    ...delays,
    keptEvents: log.end - log.start,
    keptBytes: log.bytes,
    published: counters.published,
    delivered,
    accepted: { ...counters.accepted },
    gaps,
    refused: counters.refused,
    historyFailures: counters.historyFailures,
    closed: { ...closed },
  };
}
