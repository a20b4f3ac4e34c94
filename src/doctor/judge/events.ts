import { EventStreamDecoder } from "../../protocol/decode.ts";
import type { DecodedEvent } from "../../protocol/decode.ts";
import type { Arrival, Exchange } from "../request/exchange.ts";

/** An event with the time of its arrival. */
export interface TimedEvent extends DecodedEvent {
  /** The time since the request was sent, in milliseconds. */
  readonly at: number;
}

/** The events of a stream, and what its client knows at the end. */
export interface TimedEvents {
  readonly events: readonly TimedEvent[];
  readonly lastEventId: string;
  readonly retry: number | undefined;
}

/** Reads the events of an exchange. */
export function readEvents({ decoded }: Pick<Exchange, "decoded">): TimedEvents {
  // A recording is smaller.
  const decoder = new EventStreamDecoder({ maxEventBytes: Number.MAX_SAFE_INTEGER });
  const events: TimedEvent[] = [];
  for (const { at, bytes } of decoded) {
    for (const event of decoder.decode(bytes)) events.push({ ...event, at });
  }
  return { events, lastEventId: decoder.lastEventId, retry: decoder.retry };
}

/** Puts neighbours into one group when the second arrives within `gap` milliseconds of the first. */
export function groupByTime<Item extends Pick<Arrival, "at">>(items: readonly Item[], gap: number): Item[][] {
  const groups: Item[][] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    if (item.at - last > gap) groups.push([]);
    groups.at(-1)?.push(item);
    last = item.at;
  }
  return groups;
}
