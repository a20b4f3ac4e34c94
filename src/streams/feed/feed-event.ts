import { readLineData } from "../line-data.ts";
import { feedLine } from "./feed-line.ts";
import type { PublishedEvent } from "../../channel/log/published-event.ts";
import type { DecodedEvent } from "../../protocol/decode.ts";

/**
 * Converts an event of a build's stream to the event of the feed: a line as plain text, the current state of the
 * build, or a hint. A line that is not complete becomes an event of another type, which plain clients do not receive.
 * Every event, even an unreadable one, has a position in the feed.
 *
 * @param label - The label that names the build in a line. Default: no label.
 */
export function feedEvent({ type, data }: DecodedEvent, label?: string): PublishedEvent {
  if (type === "hint") return { event: type, data };
  if (type !== "line") return { event: "build", data };
  const line = readLineData(data);
  if (line === undefined) return { data };
  const text = feedLine(line.time, line.text, label);
  return line.isOpen ? { event: "open", data: text } : { data: text };
}
