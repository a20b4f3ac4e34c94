import { invalidOption, typeName } from "../error.ts";
import { assertText, invalidField } from "./field-value.ts";

/**
 * The longest event id, in bytes of UTF-8. A client sends the id back in a request header, and servers limit the size
 * of all headers together (`node:http`: 16 KiB): above that limit they answer every reconnection with 431, and
 * a browser stops reconnecting.
 */
export const MAX_EVENT_ID_BYTES: number = 1024;

const utf8Encoder = new TextEncoder();

// An id may start with U+FEFF, which is text here, not a byte order mark.
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Refuses an event id that the client would not return unchanged. The client sends the id in the `Last-Event-ID`
 * request header (HTML 9.2.3), so it has to fit the `id` field *and* the value of a header (RFC 9110, 5.5):
 *
 * - no control characters: a server must not accept most of them in a header, and `node:http` answers 400;
 * - no space at either end: white space around a header's value is not part of it;
 * - at most {@link MAX_EVENT_ID_BYTES} bytes of UTF-8.
 *
 * The empty string is a valid id: it resets the client's last event ID (HTML 9.2.6), and no header is sent. Ids of
 * short visible ASCII are best, since clients made on `fetch` in Node throw on a header that is not Latin-1.
 *
 * @throws {TailcastError} `INVALID_EVENT` when the id cannot make the round trip.
 */
export function assertEventId(id: unknown): asserts id is string {
  assertText("id", id);
  if (/[\0-\x1f\x7f]/.test(id)) {
    throw invalidField("id", "it contains a control character, which a Last-Event-ID header cannot carry; remove it");
  }
  if (id.startsWith(" ") || id.endsWith(" ")) {
    throw invalidField("id", "it starts or ends with a space, which a Last-Event-ID header loses; trim it");
  }
  // A UTF-16 unit takes at most three bytes, so a short id needs no counting: encodeEvent takes 0.6 instead of 1.3 µs.
  if (id.length * 3 > MAX_EVENT_ID_BYTES && utf8Encoder.encode(id).length > MAX_EVENT_ID_BYTES) {
    throw invalidField("id", `it is longer than ${MAX_EVENT_ID_BYTES} bytes, too long for a header; shorten it`);
  }
}

/**
 * Turns the text of a `Last-Event-ID` header back into the event id.
 *
 * A browser sends the id as UTF-8 (HTML 9.2.3), while `node:http` presents header bytes as Latin-1, one character a
 * byte: the id `é` arrives as `Ã©`. Bytes that are not UTF-8 come from a client that sent Latin-1 in the first place,
 * and text above U+00FF was never Latin-1 bytes: both are returned unchanged.
 *
 * @param headerValue - The value of `req.headers["last-event-id"]`.
 * @returns The id, unchecked: it comes from outside and may be any text.
 * @throws {TailcastError} `INVALID_OPTION` when the value is not a string, as for a missing header.
 */
export function decodeLastEventId(headerValue: string): string {
  if (typeof headerValue !== "string") {
    throw invalidOption("headerValue", `it must be a string, not ${typeName(headerValue)}; check for the header first`);
  }
  const bytes = new Uint8Array(headerValue.length);
  for (let index = 0; index < headerValue.length; index += 1) {
    const code = headerValue.charCodeAt(index);
    if (code > 0xff) {
      return headerValue;
    }
    bytes[index] = code;
  }
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return headerValue;
  }
}
