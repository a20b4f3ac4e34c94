import { encodeEvent } from "../../protocol/encode.ts";
import { formatSequenceId, parseSequenceId } from "../../protocol/sequence-id.ts";
import type { EventLog } from "./event-log.ts";

/**
 * The reason why a client cannot receive all events after its last event id:
 * - `evicted`: the log no longer keeps those events;
 * - `lagged`: the client is connected, but reads too slowly, and the log no longer keeps its next event;
 * - `epoch`: the id belongs to another log, usually to this server before it was restarted, or to a shared log before
 *   its store lost events;
 * - `unknown`: the log did not create the id; or the application provided it, and the log no longer keeps it.
 */
export type GapReason = "evicted" | "lagged" | "epoch" | "unknown";

/** The known facts about a gap. */
export interface Gap {
  /** The last event id of the client; for a client that lagged, the log's own id of that event. */
  readonly lastEventId: string;
  readonly reason: GapReason;
  /** The number of missed events; `null` when it is unknown. */
  readonly missed: number | null;
}

/**
 * The event in a client's stream that reports lost events. The event `next` follows it.
 *
 * Its id is a valid position in the log: a client that reconnects with this id continues at `next`.
 */
export function encodeGap(epoch: string, { lastEventId, reason, missed }: Gap, next: number): string {
  return encodeEvent({
    event: "gap",
    id: formatSequenceId(epoch, next - 1),
    data: JSON.stringify({ lastEventId, reason, missed }),
  });
}

/** Returns a gap that was found earlier, for a client or reader that continues with the event `next` now. */
export function gapBefore(next: number, { lastEventId, reason, missed }: Gap): Gap {
  const last = parseSequenceId(lastEventId)?.sequence ?? 0;
  return { lastEventId, reason, missed: missed === null ? null : next - 1 - last };
}

/** Returns the gap for a connected client or reader whose last event has an id of an epoch that is over. */
export function epochGap(lastEventId: string): Gap {
  return { lastEventId, reason: "epoch", missed: null };
}

/**
 * Returns the gap for a connected client or reader whose next event, `next`, was removed. It continues with the event
 * `to`.
 *
 * @param reason - `lagged`, unless the history lost the event.
 */
export function skipGap(log: EventLog, next: number, reason: GapReason): { gap: Gap; to: number } {
  // If the history has the event but cannot be read, only the events in memory are available.
  const to = next < log.oldest ? log.oldest : log.start;
  return { gap: { lastEventId: formatSequenceId(log.epoch, next - 1), reason, missed: to - next }, to };
}
