import type { CloseReason } from "./clients/client.ts";

/** Numbers about a channel. Counters only grow; the others are momentary. */
export interface ChannelStatistics {
  /** Clients connected now. */
  readonly clients: number;
  /** Of them, those that do not take what they were sent, and those that are being sent what they missed. */
  readonly blocked: number;
  readonly catchingUp: number;
  /** Events kept now, and their encoded size in bytes. */
  readonly keptEvents: number;
  readonly keptBytes: number;
  /** Events published so far, by this channel. */
  readonly published: number;
  /** Events delivered so far, counted once for each client. */
  readonly delivered: number;
  /** Clients accepted so far, by how they started. */
  readonly accepted: { readonly fresh: number; readonly resumed: number; readonly gap: number };
  /** Gaps that were told so far, to clients that came back too late or lagged too far. */
  readonly gaps: number;
  /** Clients refused so far for want of room. */
  readonly refused: number;
  /** Connections ended so far, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
}
