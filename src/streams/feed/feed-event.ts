import { readLineData } from "../line-data.ts";
import { feedLine } from "./feed-line.ts";
import type { PublishedEvent } from "../../channel/log/event-log.ts";
import type { DecodedEvent } from "../../protocol/decode.ts";

/**
 * The feed's event for an event of a build's own stream: a line as plain text, or the build as it is now. A line that
 * is not complete is an event of another type, which plain clients do not see. Every event has its place in the feed,
 * even an unreadable one.
 *
 * @param label - Names the build in a line. Default: the line does not name it.
 */
export function feedEvent({ type, data }: DecodedEvent, label?: string): PublishedEvent {
  if (type !== "line") return { event: "build", data };
  const line = readLineData(data);
  if (line === undefined) return { data };
  const text = feedLine(line.time, line.text, label);
  return line.isOpen ? { event: "open", data: text } : { data: text };
}
