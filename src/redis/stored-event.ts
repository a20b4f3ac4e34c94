import { assertPublished, cannotPublish } from "../channel/log/published-event.ts";
import { TailcastError } from "../error.ts";
import { encodeEvent, encodeEventWithId } from "../protocol/encode.ts";
import { formatSequenceId } from "../protocol/sequence-id.ts";
import type { PublishedEvent } from "../channel/log/published-event.ts";

/**
 * Writes an event as Redis stores it: JSON with the fields that the event has. The log gives the id. All processes make
 * the same text of the same entry.
 *
 * @param maxEventBytes - The maximum size of the event in the event stream.
 * @throws {TailcastError} `INVALID_EVENT`, `EVENT_TOO_LARGE`
 */
export function writeEvent(event: PublishedEvent | string, maxEventBytes: number): string {
  const fields = typeof event === "string" ? { data: event } : event;
  assertPublished(fields);
  // Each property is read once: a getter cannot show the checks one value and Redis another.
  const { data, event: type, retry, comment, id } = fields;
  if ((id ?? undefined) !== undefined) throw cannotPublish("the log gives the ids; leave the id out");
  const stored = { data, event: type ?? undefined, retry: retry ?? undefined, comment: comment ?? undefined };
  const bytes = Buffer.byteLength(encodeEvent(stored));
  if (bytes > maxEventBytes) {
    const problem = `its ${bytes} bytes exceed maxEventBytes (${maxEventBytes})`;
    throw new TailcastError("EVENT_TOO_LARGE", `Cannot publish the event: ${problem}; raise it, or split the data`);
  }
  return JSON.stringify(stored);
}

/**
 * Returns the text of a stored event in the event stream.
 *
 * @param stored - The event as `writeEvent` has written it, or something else, which another program has written.
 * @returns `undefined` when it is not an event.
 */
export function encodeStored(stored: string, epoch: string, sequence: number): string | undefined {
  try {
    const event = JSON.parse(stored) as PublishedEvent;
    if (typeof event.data !== "string") return undefined;
    return encodeEventWithId(event, formatSequenceId(epoch, sequence));
  } catch {
    return undefined;
  }
}

/** Returns the texts of consecutive stored events, up to the first one that is not an event. */
export function encodeAllStored(stored: readonly string[], epoch: string, first: number): string[] {
  const texts: string[] = [];
  for (const json of stored) {
    const text = encodeStored(json, epoch, first + texts.length);
    if (text === undefined) break;
    texts.push(text);
  }
  return texts;
}
