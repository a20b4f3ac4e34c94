import { encodeEvent } from "../../protocol/encode.ts";
import { formatSequenceId } from "../../protocol/sequence-id.ts";
import type { EventLog } from "./event-log.ts";

/**
 * Why a client cannot get everything after its last event id:
 * - `evicted`: those events are no longer kept;
 * - `lagged`: the client is connected, but reads so slowly that its next event is no longer kept;
 * - `epoch`: the id belongs to another log, usually to this server before it was started again;
 * - `unknown`: the id is none of this log's, or, of the ids that an application gives itself, one that is no longer
 *   kept.
 */
export type GapReason = "evicted" | "lagged" | "epoch" | "unknown";

/** What is known of a gap. */
export interface Gap {
  /** The last event id of the client that missed something; for one that lagged, as the log counts. */
  readonly lastEventId: string;
  readonly reason: GapReason;
  /** How many events it missed; `null` when nobody can know. */
  readonly missed: number | null;
}

/**
 * The event that tells a client in its stream that something is gone, followed by the events from `next` on.
 *
 * Its own id rebases the client: whoever comes back with it gets everything from there.
 */
export function encodeGap(epoch: string, { lastEventId, reason, missed }: Gap, next: number): string {
  return encodeEvent({
    event: "gap",
    id: formatSequenceId(epoch, next - 1),
    data: JSON.stringify({ lastEventId, reason, missed }),
  });
}

/**
 * The gap of a connected client or reader that should get the event `next` now, which cannot be had any more, and goes
 * on with the event `to`.
 *
 * @param reason - `lagged`, unless it is not to blame itself.
 */
export function skipGap(log: EventLog, next: number, reason: GapReason): { gap: Gap; to: number } {
  // What the history has forgotten is one thing; when it cannot be read there is only what is in memory.
  const to = next < log.oldest ? log.oldest : log.start;
  return { gap: { lastEventId: formatSequenceId(log.epoch, next - 1), reason, missed: to - next }, to };
}
