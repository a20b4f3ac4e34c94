import { readLineData } from "../line-data.ts";
import { feedLine } from "./feed-line.ts";
import type { PublishedEvent } from "../../channel/log/event-log.ts";
import type { DecodedEvent } from "../../protocol/decode.ts";

/**
 * The feed's event for an event of a build's own stream: a line as plain text, or the build as it is now. Every event
 * has its place in the feed, even an unreadable one.
 */
export function feedEvent({ type, data }: DecodedEvent): PublishedEvent {
  if (type !== "line") return { event: "build", data };
  const line = readLineData(data);
  return { data: line === undefined ? data : feedLine(line.time, line.text) };
}
