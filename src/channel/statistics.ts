import type { CloseReason } from "./clients/client.ts";

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
  /** Events published so far, by this channel. */
  readonly published: number;
  /** Events delivered so far, counted once for each client. */
  readonly delivered: number;
  /** Clients accepted so far, by how they started. */
  readonly accepted: { readonly fresh: number; readonly resumed: number; readonly gap: number };
  /** Gaps reported so far, to clients that reconnected too late or lagged too far. */
  readonly gaps: number;
  /** Clients refused so far, because the channel was full or closing. */
  readonly refused: number;
  /** Failures of the history so far. After a failure to append, the channel continues only in memory. */
  readonly historyFailures: number;
  /** Connections ended so far, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
}
