import { TailcastError } from "../../error.ts";
import { encodeEventType, encodeEventWithId } from "../../protocol/encode.ts";
import { assertString, problemWithoutData } from "../../protocol/field-value.ts";
import type { EventFields } from "../../protocol/encode.ts";

/** An event to publish: the fields of an event stream's event. Only `data` is required. */
export interface PublishedEvent extends EventFields {
  readonly data: string;
}

/**
 * Checks that an event has data. In plain JavaScript, a caller may pass anything.
 *
 * @throws {TailcastError} `INVALID_EVENT`
 */
export function assertPublished(event: PublishedEvent): void {
  const data = typeof event === "object" ? (event?.data ?? undefined) : undefined;
  if (data === undefined) throw cannotPublish(problemWithoutData(event));
  assertString("data", data);
}

/**
 * Encodes an event for a log.
 *
 * @param id - A valid id. An id in the event is ignored.
 * @param capacityBytes - The maximum size of the encoded event.
 * @param encodeType - Returns the line that names the type of the event.
 * @throws {TailcastError} `INVALID_EVENT`, `EVENT_TOO_LARGE`
 */
export function encodePublished(
  event: PublishedEvent,
  id: string,
  capacityBytes: number,
  encodeType: (type: string) => string = encodeEventType,
): string {
  // Each character is at least one byte, so check before the more expensive encoding.
  if (event.data.length > capacityBytes) throw tooLarge(event.data.length, capacityBytes);
  const text = encodeEventWithId(event, id, encodeType);
  // Each character is at most three bytes, so the bytes of a small event need not be counted.
  if (text.length * 3 > capacityBytes) {
    const byteLength = Buffer.byteLength(text);
    if (byteLength > capacityBytes) throw tooLarge(byteLength, capacityBytes);
  }
  return text;
}

/** @param reason - Completes the sentence, without a final full stop. */
export function cannotPublish(reason: string): TailcastError {
  return new TailcastError("INVALID_EVENT", `Cannot publish the event: ${reason}`);
}

function tooLarge(byteLength: number, capacityBytes: number): TailcastError {
  const problem = `its ${byteLength} bytes or more exceed capacityBytes (${capacityBytes})`;
  return new TailcastError("EVENT_TOO_LARGE", `Cannot publish the event: ${problem}; raise it, or split the data`);
}
