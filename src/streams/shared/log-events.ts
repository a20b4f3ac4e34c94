import { EventStreamDecoder } from "../../protocol/decode.ts";
import { parseSequenceId } from "../../protocol/sequence-id.ts";
import { pauseAfterSlice } from "../../channel/clients/time-slice.ts";
import type { Channel } from "../../channel/channel.ts";
import type { LogEvent } from "../lines/event-cursor.ts";

/** An event of a log, and its epoch. An event of the type `gap` stands for missing events before the next one. */
export interface FollowedEvent extends LogEvent {
  readonly epoch: string;
}

/**
 * Follows a channel of a shared log: returns the events of each piece, first the kept ones.
 *
 * @param backlog - `"all"`, or 0 to start with the next event.
 */
export async function* followEvents(
  channel: Channel,
  backlog: "all" | 0,
  signal: AbortSignal,
): AsyncGenerator<readonly FollowedEvent[], void, undefined> {
  const decoder = new EventStreamDecoder();
  for await (const piece of channel.read({ backlog, signal })) {
    const events: FollowedEvent[] = [];
    for (const { type, data, lastEventId } of decoder.decode(piece)) {
      const { epoch = "", sequence = 0 } = parseSequenceId(lastEventId) ?? {};
      events.push({ epoch, sequence, type, data });
    }
    if (events.length > 0) yield events;
    await pauseAfterSlice();
  }
}
