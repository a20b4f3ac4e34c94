import { TailcastError, typeName } from "../error.ts";

/** The parts of an event: the four fields of HTML 9.2.6, and the comment. */
export type FieldName = "comment" | "retry" | "event" | "id" | "data";

/**
 * Makes the error for a value that cannot be written so that every client reads it back unchanged.
 *
 * @param field - The property that was refused.
 * @param reason - Completes the sentence and says what to do, without a final full stop.
 */
export function invalidField(field: FieldName, reason: string): TailcastError {
  return new TailcastError("INVALID_EVENT", `Cannot encode the field "${field}": ${reason}`);
}

/** The remedy for bytes in place of an event. */
export const REMEDY_FOR_BYTES = "decode them to text, for example with a TextDecoder";

/** Returns what is wrong with an event that has no data, and the remedy. */
export function problemWithoutData(event: unknown): string {
  const type = typeName(event);
  if (type === "bytes") return `it is bytes; ${REMEDY_FOR_BYTES}`;
  if (type === "a promise") return "it is a promise; await it";
  if (type !== "an object") return `it is ${type}; pass an object, such as { data: "text" }`;
  const { data } = event as { readonly data?: unknown };
  if (data === null) return 'its data is null, which means no data; pass "" for empty data, or JSON.stringify(value)';
  return 'it has no data; pass { data: "text" }, or { data: JSON.stringify(value) } to send an object';
}

/**
 * Refuses values that are not strings. Converting an object would send "[object Object]" to every client; the caller
 * must choose the text.
 *
 * @throws {TailcastError} `INVALID_EVENT`
 */
export function assertString(field: FieldName, value: unknown): asserts value is string {
  if (typeof value === "string") return;
  const type = typeName(value);
  let remedy = "pass a string, for example String(value)";
  if (field === "data" && typeof value === "object") remedy = "pass JSON.stringify(value)";
  if (type === "bytes") remedy = "pass text, for example new TextDecoder().decode(value)";
  if (type === "a promise") remedy = "await it";
  throw new TailcastError("INVALID_EVENT", `Cannot encode the event: ${field} is ${type}; ${remedy}`);
}

/**
 * Refuses values that are not text, and text that UTF-8 cannot hold. An event stream is always UTF-8 (HTML 9.2.5), and
 * encoding a lone surrogate silently turns it into U+FFFD: the client would read another text.
 *
 * @throws {TailcastError} `INVALID_EVENT` when the value is not a well-formed string.
 */
export function assertText(field: FieldName, value: unknown): asserts value is string {
  assertString(field, value);
  if (!value.isWellFormed()) {
    throw invalidField(field, "it contains a lone surrogate, which UTF-8 cannot hold; call toWellFormed() on it");
  }
}

/**
 * Refuses text that does not stay on one line. CR and LF end a line (HTML 9.2.5), so the text after them would be
 * another field, or the end of the event. NUL makes clients ignore an id (HTML 9.2.6), and some lose the next line
 * with it.
 *
 * @throws {TailcastError} `INVALID_EVENT` when the value is not a well-formed string on a single line.
 */
export function assertSingleLine(field: FieldName, value: unknown): asserts value is string {
  assertText(field, value);
  if (/[\r\n\0]/.test(value)) {
    throw invalidField(field, "it contains CR, LF or NUL, and only data may have several lines; remove them");
  }
}
