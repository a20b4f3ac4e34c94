import { feedLine } from "./plain-text.ts";
import type { BuildLineEvent } from "../build/events.ts";
import type { PublishedEvent } from "../channel/log.ts";
import type { DecodedEvent } from "../protocol/decode.ts";

/** What the feed tells for an event of a build's own stream: a line as plain text, or the build as it is now. */
export function feedEvent({ type, data }: DecodedEvent): PublishedEvent {
  if (type !== "line") return { event: "build", data };
  try {
    const { time, text } = JSON.parse(data) as Pick<BuildLineEvent, "time" | "text">;
    // JSON can hold half a character, and UTF-8 cannot.
    return { data: feedLine(time, text).toWellFormed() };
  } catch {
    // Somebody has changed the log. Every event has its place in the feed, so this one has, too.
    return { data };
  }
}
