import { encodeEvent } from "../protocol/encode.ts";
import { formatSequenceId } from "../protocol/sequence-id.ts";
import type { PublishedEvent } from "../channel/log/published-event.ts";

/** Events that a careless store changes. */
export const SAMPLE_EVENTS: readonly (PublishedEvent | string)[] = [
  "plain text",
  "",
  " a space at the start",
  "two\nlines",
  "other\r\nline\rends",
  "\n",
  "data: not a field",
  ': "quotes" {"and": "JSON"} \\ \u0000',
  "é € 😀 \u2028",
  { event: "line", data: "with a type" },
  { retry: 3000, data: "with a reconnection time" },
  { comment: "a comment", event: "line", retry: 0, data: "with every field" },
  { event: null, retry: undefined, id: null, data: "with absent fields" },
  "a large event: ".padEnd(200_000, "é"),
];

/** Events with short data that tells them apart. */
export function numberedEvents(count: number, prefix = "event"): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix} ${index}`);
}

/** Returns the text of an event in the event stream, as every channel encodes it. */
export function textOf(event: PublishedEvent | string, epoch: string, sequence: number): string {
  const fields = typeof event === "string" ? { data: event } : event;
  return encodeEvent({ ...fields, id: formatSequenceId(epoch, sequence) });
}

/** Returns the texts of consecutive events, the first of which is 1. */
export function textsOf(events: readonly (PublishedEvent | string)[], epoch: string): string[] {
  return events.map((event, index) => textOf(event, epoch, index + 1));
}
