import { encodeEvent } from "../../protocol/encode.ts";
import { formatSequenceId } from "../../protocol/sequence-id.ts";
import type { EventLog } from "./event-log.ts";

/**
 * Why a client cannot get everything after its last event id:
 * - `evicted`: those events are no longer kept;
 * - `lagged`: the client is connected, but reads so slowly that its next event is no longer kept;
 * - `epoch`: the id belongs to another log, usually to this server before it was restarted;
 * - `unknown`: the log has not given the id; or the application gave it, and it is no longer kept.
 */
export type GapReason = "evicted" | "lagged" | "epoch" | "unknown";

/** The known facts about a gap. */
export interface Gap {
  /** The last event id of the client that missed events; for one that lagged, as the log counts. */
  readonly lastEventId: string;
  readonly reason: GapReason;
  /** How many events it missed; `null` when that is unknown. */
  readonly missed: number | null;
}

/**
 * The event in a client's stream that reports lost events. The events from `next` on follow it.
 *
 * Its own id rebases the client: a client that reconnects with it gets everything from there.
 */
export function encodeGap(epoch: string, { lastEventId, reason, missed }: Gap, next: number): string {
  return encodeEvent({
    event: "gap",
    id: formatSequenceId(epoch, next - 1),
    data: JSON.stringify({ lastEventId, reason, missed }),
  });
}

/**
 * The gap of a connected client or reader whose next event, `next`, is gone, and that continues with the event `to`.
 *
 * @param reason - `lagged`, unless the history lost the event.
 */
export function skipGap(log: EventLog, next: number, reason: GapReason): { gap: Gap; to: number } {
  // The history may have forgotten the event, or cannot be read: then only the events in memory are left.
  const to = next < log.oldest ? log.oldest : log.start;
  return { gap: { lastEventId: formatSequenceId(log.epoch, next - 1), reason, missed: to - next }, to };
}
