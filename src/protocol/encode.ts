import { TailcastError } from "../error.ts";
import { assertEventId } from "./event-id.ts";
import { assertSingleLine, assertText, invalidField, problemWithoutData } from "./field-value.ts";

/**
 * The longest reconnection time, in milliseconds (almost 25 days). The standard has no limit, but clients that wait
 * with `setTimeout` wrap above 2^31 - 1 and reconnect at once.
 */
export const MAX_RETRY: number = 2 ** 31 - 1;

// HTML 9.2.5: a line ends with CRLF, a lone CR or a lone LF.
const LINE_END = /\r\n?|\n/g;

/** The argument of {@link encodeEvent}: one event. `undefined` and `null` mean absent; `""` and `0` are values. */
export interface EventFields {
  /** The payload; any number of lines. CR and CRLF reach the client as LF. `""` is an event with empty data. */
  readonly data?: string | null | undefined;
  /** The event type, which names the listener that is called; `"message"` when absent. One line, not empty. */
  readonly event?: string | null | undefined;
  /**
   * The event's id, which the client returns in `Last-Event-ID` when it reconnects; `assertEventId` says what it may
   * be. `""` resets the client's last event ID; when absent, the client keeps the last one.
   */
  readonly id?: string | null | undefined;
  /** The reconnection time: how long the client waits before it connects again, in ms, 0 to {@link MAX_RETRY}. */
  readonly retry?: number | null | undefined;
  /** Text that every client ignores, for people who read the stream. One line. */
  readonly comment?: string | null | undefined;
}

/**
 * Writes one event in the text of an event stream (HTML 9.2.5 and 9.2.6).
 *
 * ```text
 * : a comment
 * retry: 3000
 * event: line
 * id: kx3p-42
 * data: first line of the data
 * data: second line
 *                                <- the blank line that makes the client dispatch the event
 * ```
 *
 * Every conforming client decodes the result to exactly the given fields, with newlines normalised to LF. Fields that
 * cannot be carried unchanged are refused. Takes linear time for any data.
 *
 * Without data there is no event to dispatch. A `comment` and a `retry` need no data (a client obeys `retry` at its
 * line) and are written without a blank line, because some clients report every blank line as an event. An `event` or
 * `id` without data is refused: it fires nothing, and clients disagree on whether they keep such an id.
 *
 * @throws {TailcastError} `INVALID_EVENT` when a field has a wrong type or cannot be carried, when `event` or `id`
 * comes without `data`, or when there is no field at all.
 */
export function encodeEvent(fields: EventFields): string {
  if (typeof fields !== "object" || fields === null) {
    throw invalidEvent(problemWithoutData(fields));
  }
  const id = fields.id ?? undefined;
  if (id !== undefined) assertEventId(id);
  return encodeEventWithId(fields, id);
}

/**
 * Writes an event whose id the caller has checked or made. An `id` among the fields is ignored.
 *
 * A writer of many events saves two checks: its generated ids need no check (a third of the time of publishing), and
 * it may check an event type once while the type stays the same (a tenth).
 *
 * @param id - A valid id, or `undefined` for an event without one.
 * @param encodeType - Returns what {@link encodeEventType} returns.
 */
export function encodeEventWithId(
  fields: EventFields,
  id: string | undefined,
  encodeType: (event: string) => string = encodeEventType,
): string {
  // Each property is read once: a getter cannot show the checks one value and the stream another.
  const comment = fields.comment ?? undefined;
  const retry = fields.retry ?? undefined;
  const event = fields.event ?? undefined;
  const data = fields.data ?? undefined;

  let block = "";
  if (comment !== undefined) {
    block += encodeComment(comment);
  }
  if (retry !== undefined) {
    assertRetry(retry);
    block += `retry: ${retry}\n`;
  }
  if (event !== undefined) {
    block += encodeType(event);
  }
  if (id !== undefined) {
    block += `id: ${id}\n`;
  }
  if (data !== undefined) {
    assertText("data", data);
    return endWithData(block, data);
  }
  if (event !== undefined || id !== undefined) {
    throw invalidEvent('event and id without data fire nothing in the client; add data, which may be ""');
  }
  if (block === "") {
    throw invalidEvent(problemWithoutData(fields));
  }
  return block;
}

/**
 * Writes a comment line, which every client ignores (HTML 9.2.6: a line that starts with a colon).
 *
 * The empty comment, a colon and one LF, is the heartbeat that keeps proxies from closing a silent stream (HTML 9.2.7).
 * No blank line follows, because some clients report every blank line as an event.
 *
 * @param text - One line, possibly empty.
 * @throws {TailcastError} `INVALID_EVENT` when the text is not a string on a single line: its rest would become a
 * field.
 */
export function encodeComment(text: string): string {
  assertSingleLine("comment", text);
  return text === "" ? ":\n" : `: ${text}\n`;
}

/**
 * Writes the line that names the type of an event.
 *
 * @throws {TailcastError} `INVALID_EVENT` when the type is empty, or not a string on a single line.
 */
export function encodeEventType(event: string): string {
  assertEventType(event);
  return `event: ${event}\n`;
}

// HTML 9.2.6 removes one space after the colon. Always writing it keeps the one that a line of data may start with.
function endWithData(block: string, data: string): string {
  try {
    // Nearly all data has one line, and looking for line ends is many times faster than a replacement that finds none.
    const isOneLine = !data.includes("\n") && !data.includes("\r");
    return `${block}data: ${isOneLine ? data : data.replace(LINE_END, "\ndata: ")}\n\n`;
  } catch (cause) {
    // A RangeError: with a "data: " for each line it exceeds the maximum length of a string.
    throw new TailcastError("INVALID_EVENT", "Cannot encode the event: its data is too long; split it", { cause });
  }
}

function invalidEvent(reason: string): TailcastError {
  return new TailcastError("INVALID_EVENT", `Cannot encode the event: ${reason}`);
}

function assertRetry(retry: unknown): asserts retry is number {
  if (typeof retry !== "number" || !Number.isInteger(retry) || retry < 0 || retry > MAX_RETRY) {
    throw invalidField("retry", `it must be a whole number of milliseconds from 0 to ${MAX_RETRY}`);
  }
}

function assertEventType(event: unknown): asserts event is string {
  assertSingleLine("event", event);
  if (event === "") {
    throw invalidField("event", 'it is empty, and clients turn an empty event type into "message"; leave it out');
  }
}
