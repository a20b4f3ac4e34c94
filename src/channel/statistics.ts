import type { CloseReason } from "./clients/client.ts";

/** Numbers about a channel. Counters only grow; the others are momentary. */
export interface ChannelStatistics {
  /** Clients connected now. */
  readonly clients: number;
  /** The connected clients that have not read what they were sent, and those that are being sent missed events. */
  readonly blocked: number;
  readonly catchingUp: number;
  /** How many visible events the slowest connected client has not been sent yet. */
  readonly lag: number;
  /** Events kept in memory now, and their encoded size in bytes. */
  readonly keptEvents: number;
  readonly keptBytes: number;
  /** Events published so far, by this channel. */
  readonly published: number;
  /** Events delivered so far, counted once for each client. */
  readonly delivered: number;
  /** Clients accepted so far, by how they started. */
  readonly accepted: { readonly fresh: number; readonly resumed: number; readonly gap: number };
  /** Gaps that were reported so far, to clients that reconnected too late or lagged too far. */
  readonly gaps: number;
  /** Clients refused so far, because the channel was full or closing. */
  readonly refused: number;
  /** Failures of the history so far: after one to append, the channel continues in memory alone. */
  readonly historyFailures: number;
  /** Connections ended so far, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
}
