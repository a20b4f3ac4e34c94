import { STREAM_FAULTS } from "../../protocol/stream-fault.ts";
import { doubtful, ok, wrong } from "./finding.ts";
import type { StreamFaultKind } from "../../protocol/stream-fault.ts";
import type { FindingKind } from "./finding.ts";

/** The findings about single lines and blocks. The reason of each is that of the protocol. */
const FAULTS: Readonly<Record<StreamFaultKind, FindingKind>> = {
  "blank-after-comment": doubtful(
    "A blank line follows a comment or retry line",
    "HTML 9.2.6",
    `${STREAM_FAULTS["blank-after-comment"]} Some client libraries report each blank line as an event.`,
    "Write comment and retry lines with one line end.",
  ),
  "broken-json": wrong(
    "JSON is broken over several lines",
    "HTML 9.2.6",
    STREAM_FAULTS["broken-json"],
    "Write JSON on one line, as JSON.stringify(value) does without its third argument.",
  ),
  "byte-order-mark": wrong(
    "A byte order mark is in the middle of the stream",
    "HTML 9.2.6",
    STREAM_FAULTS["byte-order-mark"],
    "Do not write U+FEFF; look for files that start with it.",
  ),
  "cr-only": doubtful(
    "Lines end with CR alone",
    "HTML 9.2.5",
    STREAM_FAULTS["cr-only"],
    "End lines with LF.",
  ),
  "extra-blank": doubtful(
    "There are more blank lines than events",
    "HTML 9.2.6",
    `${STREAM_FAULTS["extra-blank"]} Some client libraries report each blank line as an event.`,
    "Write one blank line after each event.",
  ),
  "field-case": wrong(
    "A field name has capital letters",
    "HTML 9.2.6",
    STREAM_FAULTS["field-case"],
    "Write data, event, id and retry in lower case.",
  ),
  "fires-nothing": doubtful(
    "A block with an id or a type has no data",
    "HTML 9.2.6",
    `${STREAM_FAULTS["fires-nothing"]} Firefox ignores its id as well.`,
    'Add a "data:" line, which may be empty.',
  ),
  "id-with-nul": wrong("An id contains NUL", "HTML 9.2.6", STREAM_FAULTS["id-with-nul"], "Use ids of visible ASCII."),
  "invalid-utf8": wrong(
    "The stream has bytes that are not UTF-8",
    "HTML 9.2.5",
    STREAM_FAULTS["invalid-utf8"],
    "Encode the text as UTF-8, and do not cut characters when you copy bytes.",
  ),
  "lost-line": wrong(
    "Lines without a field name are lost",
    "HTML 9.2.6",
    STREAM_FAULTS["lost-line"],
    'Write "data: " in front of each line of the data.',
  ),
  "name-space": wrong(
    "A field name has a space in front of it or before its colon",
    "HTML 9.2.6",
    STREAM_FAULTS["name-space"],
    "Write the name at the start of the line, and the colon directly after it.",
  ),
  "retry-not-digits": wrong(
    "A retry value is not a number of milliseconds",
    "HTML 9.2.6",
    STREAM_FAULTS["retry-not-digits"],
    "Write milliseconds as digits, for example: retry: 3000.",
  ),
  "unfinished-event": wrong(
    "The stream ends inside an event",
    "HTML 9.2.6",
    STREAM_FAULTS["unfinished-event"],
    "Write a blank line after the last event as well.",
  ),
  "unknown-field": doubtful(
    "A field has an unknown name",
    "HTML 9.2.6",
    STREAM_FAULTS["unknown-field"],
    "Move its value into the data, or make the line a comment.",
  ),
};

/** The ids of the findings below. */
export type WireId =
  | StreamFaultKind
  | "wire"
  | "not-framed"
  | "event-too-large"
  | "object-object"
  | "double-framing"
  | "escaped-line-end";

/** The findings about the bytes of the stream. */
export const WIRE: Readonly<Record<WireId, FindingKind>> = {
  ...FAULTS,
  "wire": ok("The lines have no mistake", "HTML 9.2.6"),
  "not-framed": wrong(
    "The body is not an event stream",
    "HTML 9.2.5",
    "No line is a field or a comment, so clients ignore all of it.",
    'Write "data: " in front of each line, and a blank line after each event.',
  ),
  "event-too-large": wrong(
    "An event exceeds 16 MiB",
    "",
    "Clients keep an event in memory until its blank line, and many refuse large ones.",
    "Write a blank line after each event, and send large data by another request.",
  ),
  "object-object": wrong(
    'Data is "[object Object]"',
    "",
    "The server converts an object to text without JSON.",
    "Write JSON.stringify(value).",
  ),
  "double-framing": wrong(
    'Data begins with "data:"',
    "HTML 9.2.6",
    "The server frames text that is framed already, so pages receive the frame as data.",
    "Frame each event once; a proxy has to copy the bytes of an event stream unchanged.",
  ),
  "escaped-line-end": wrong(
    'Data ends with a backslash and "n"',
    "HTML 9.2.5",
    "The line end was escaped twice, so the client receives the two characters, and possibly no blank line.",
    "Write a real line end, the byte 0x0A.",
  ),
};
