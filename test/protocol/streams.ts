import { message } from "./connection.ts";
import type { DecodedEvent } from "../../dist/protocol/decode.js";

/** A stream written with LF line ends, and its outcome in a client. */
export interface StreamFixture {
  readonly name: string;
  readonly text: string;
  readonly events: readonly DecodedEvent[];
  readonly lastEventId: string;
  readonly retry?: number;
}

/** The ways to write the line ends of a fixture. */
export const LINE_ENDS: Readonly<Record<string, (text: string) => string>> = {
  LF: (text) => text,
  CR: (text) => text.replaceAll("\n", "\r"),
  CRLF: (text) => text.replaceAll("\n", "\r\n"),
  // In this order a CR is never followed by the LF of an empty line, which would make one line end of the two.
  mixed: (text) => {
    const ends = ["\r", "\r\n", "\n"];
    let count = 0;
    return text.replaceAll("\n", () => ends[count++ % ends.length] ?? "");
  },
};

const BAD_RETRIES = ["", " ", "  8", " 9 ", "1e3", "0x1", "+1", "-1", "1.5", "١"];

/** The examples of HTML 9.2.1 and 9.2.6, then one stream for each rule of 9.2.5 and 9.2.6. */
export const FIXTURES: readonly StreamFixture[] = [
  {
    name: "9.2.1: messages of one and two lines",
    text: "data: first message\n\ndata: second message, it\ndata: has two lines\n\ndata: third message\n\n",
    events: [message("first message"), message("second message, it\nhas two lines"), message("third message")],
    lastEventId: "",
  },
  {
    name: "9.2.1: event types",
    text: "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
    events: [message("73857293", "", "add"), message("2153", "", "remove"), message("113411", "", "add")],
    lastEventId: "",
  },
  {
    name: "9.2.6: stock, an event of three lines",
    text: "data: YHOO\ndata: +2\ndata: 10\n\n",
    events: [message("YHOO\n+2\n10")],
    lastEventId: "",
  },
  {
    name: "9.2.6: a comment, ids set and reset, a space that stays, no final blank line",
    text: ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
    events: [message("first event", "1"), message("second event", "")],
    lastEventId: "",
  },
  {
    name: "9.2.6: empty data, an empty line of data, an event without its end",
    text: "data\n\ndata\ndata\n\ndata:",
    events: [message(""), message("\n")],
    lastEventId: "",
  },
  {
    name: "9.2.6: one space after the colon is not part of the value",
    text: "data:test\n\ndata: test\n\n",
    events: [message("test"), message("test")],
    lastEventId: "",
  },
  { name: "nothing", text: "", events: [], lastEventId: "" },
  { name: "blank lines only", text: "\n\n\n", events: [], lastEventId: "" },
  {
    name: "one byte order mark is removed, also before a comment",
    text: "\uFEFFdata: a\n\ndata: \uFEFFb\n\n",
    events: [message("a"), message("\uFEFFb")],
    lastEventId: "",
  },
  {
    name: "a second byte order mark belongs to the field name",
    text: "\uFEFF\uFEFFdata: a\n\n\uFEFFdata: b\n\ndata: c\n\n",
    events: [message("c")],
    lastEventId: "",
  },
  {
    name: "a byte order mark before a blank line",
    text: "\uFEFF\ndata: a\n\n",
    events: [message("a")],
    lastEventId: "",
  },
  {
    name: "comments, between fields too, with any content",
    text: ":\n: data: no\n::\ndata: a\n:data: b\n\n",
    events: [message("a")],
    lastEventId: "",
  },
  {
    name: "unknown fields, other case, space before the colon",
    text: "Data: a\nDATA: b\n data: c\ndata : d\nfoo: e\ndat: f\ndatax\n\ndata: g\n\n",
    events: [message("g")],
    lastEventId: "",
  },
  {
    name: "only the first colon divides",
    text: "data: {\"a\": \":\"}\nevent:: b\nid: c:d\n\n",
    events: [message('{"a": ":"}', "c:d", ": b")],
    lastEventId: "c:d",
  },
  {
    name: "an id holds until another comes",
    text: "id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n",
    events: [message("a", "1"), message("b", "1"), message("c", "2")],
    lastEventId: "2",
  },
  { name: "an id counts without data", text: "id: 1\n\n", events: [], lastEventId: "1" },
  {
    name: "an unfinished event takes its id with it",
    text: "id: 1\ndata: a\n\nid: 2\ndata: b\n",
    events: [message("a", "1")],
    lastEventId: "1",
  },
  {
    name: "an id with NUL is ignored, an id of NUL too; NUL is text elsewhere",
    text: "id: 1\nid: 2\0\nid: \0\ndata: \0\nevent: \0\n\n",
    events: [message("\0", "1", "\0")],
    lastEventId: "1",
  },
  {
    name: "the last event type wins, an empty one means message, and it does not outlive its block",
    text: "event: a\nevent: b\ndata: 1\n\nevent: a\nevent\ndata: 2\n\nevent: a\n\ndata: 3\n\n",
    events: [message("1", "", "b"), message("2"), message("3")],
    lastEventId: "",
  },
  {
    name: "retry takes effect at its line, without any blank line",
    text: "retry: 2500\n",
    events: [],
    lastEventId: "",
    retry: 2500,
  },
  { name: "retry with leading zeros is decimal", text: "retry:0010\n\n", events: [], lastEventId: "", retry: 10 },
  {
    name: "retry that is not all ASCII digits is ignored",
    text: `retry: 7\nretry\n${BAD_RETRIES.map((value) => `retry:${value}\n`).join("")}`,
    events: [],
    lastEventId: "",
    retry: 7,
  },
  { name: "retry 0", text: "retry: 0\n\n", events: [], lastEventId: "", retry: 0 },
  {
    name: "characters of two, three and four bytes",
    text: "event: ß\nid: €\ndata: 🚀é\u2028\u2029\u0085\ndata:  \n\n",
    events: [message("🚀é\u2028\u2029\u0085\n ", "€", "ß")],
    lastEventId: "€",
  },
];
