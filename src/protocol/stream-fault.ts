/** A mistake in an event stream: what a client ignores, loses, or reads otherwise than its author expects. */
export type StreamFaultKind =
  | "blank-after-comment"
  | "broken-json"
  | "byte-order-mark"
  | "cr-only"
  | "extra-blank"
  | "field-case"
  | "fires-nothing"
  | "id-with-nul"
  | "invalid-utf8"
  | "lost-line"
  | "name-space"
  | "retry-not-digits"
  | "unfinished-event"
  | "unknown-field";

/** For each kind, what is wrong with the line or the block, as one sentence. */
export const STREAM_FAULTS: Readonly<Record<StreamFaultKind, string>> = {
  "blank-after-comment": "The block has no event: a comment or retry line needs no blank line.",
  "broken-json": "The data is JSON that is broken over several lines, so the client cannot parse it.",
  "byte-order-mark": "The name begins with a byte order mark, which is only removed at the start of the stream.",
  "cr-only": "The line ends with CR alone; some clients wait for an LF.",
  "extra-blank": "The blank line follows another blank line, and ends no event.",
  "field-case": "Field names are lower case; a client ignores this one.",
  "fires-nothing": "The block has no data line, so the client dispatches no event.",
  "id-with-nul": "The id contains NUL, so the client ignores it.",
  "invalid-utf8": "The line has bytes that are not UTF-8; the client reads U+FFFD in their place.",
  "lost-line": 'The line has no field name; each line of the data needs its own "data: " in front.',
  "name-space": "The field name has a space at one end, so the client ignores the field.",
  "retry-not-digits": "The value is not only ASCII digits, so the client ignores it.",
  "unfinished-event": "The stream ends before the blank line of this event, so the client discards it.",
  "unknown-field": "The standard has no field with this name, so the client ignores it.",
};

const FIELD_NAMES: ReadonlySet<string> = new Set(["data", "event", "id", "retry"]);

/** Returns what is wrong with the name of a field that a client ignores. */
export function faultOfName(name: string, hasColon: boolean): StreamFaultKind {
  if (name.startsWith("\uFEFF")) return "byte-order-mark";
  const trimmed = name.trim();
  if (trimmed !== name && FIELD_NAMES.has(trimmed.toLowerCase())) return "name-space";
  if (FIELD_NAMES.has(name.toLowerCase())) return "field-case";
  return hasColon && /^[A-Za-z][\w.-]*$/.test(name) ? "unknown-field" : "lost-line";
}

/**
 * Returns whether data is JSON that a server has broken over lines: it wrote a text with line ends in place of one
 * line, so that the data alone is not JSON, but becomes JSON with the ignored lines, or with escaped line ends.
 *
 * @param data - The data of an event, as the client reads it.
 * @param written - All lines of the block that are data or were ignored, in their order.
 */
export function isBrokenJson(data: string, written: readonly string[]): boolean {
  if (written.length < 2 || !/^\s*[[{]/.test(data) || isJson(data)) return false;
  return isJson(written.join("\n")) || isJson(data.replaceAll("\n", "\\n")) || isJson(data.replaceAll("\n", ""));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
