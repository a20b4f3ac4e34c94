import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeComment, encodeEvent, MAX_RETRY } from "../../dist/protocol/encode.js";
import type { EventFields } from "../../dist/protocol/encode.js";

const INVALID = { name: "TailcastError", code: "INVALID_EVENT" };

describe("encodeEvent", () => {
  const wires: readonly (readonly [behaviour: string, fields: EventFields, wire: string])[] = [
    ["writes data", { data: "hello" }, "data: hello\n\n"],
    ["writes empty data", { data: "" }, "data: \n\n"],
    ["keeps a leading space", { data: " indented" }, "data:  indented\n\n"],
    ["writes one data line for each line", { data: "a\nb" }, "data: a\ndata: b\n\n"],
    ["takes CR for a line end", { data: "a\rb" }, "data: a\ndata: b\n\n"],
    ["takes CRLF for one line end", { data: "a\r\nb" }, "data: a\ndata: b\n\n"],
    ["takes LF CR for two line ends", { data: "a\n\rb" }, "data: a\ndata: \ndata: b\n\n"],
    ["takes CR CR LF for two line ends", { data: "a\r\r\nb" }, "data: a\ndata: \ndata: b\n\n"],
    ["keeps empty lines at both ends", { data: "\na\n" }, "data: \ndata: a\ndata: \n\n"],
    ["writes a lone newline", { data: "\n" }, "data: \ndata: \n\n"],
    ["keeps data that looks like fields", { data: "a\nid: 1\n\n: b" }, "data: a\ndata: id: 1\ndata: \ndata: : b\n\n"],
    ["keeps other control characters in data", { data: "\0\u2028\u0085\v$&" }, "data: \0\u2028\u0085\v$&\n\n"],
    ["keeps a byte order mark behind the field name", { data: "\uFEFFa" }, "data: \uFEFFa\n\n"],
    ["writes the event type", { data: "a", event: "line" }, "event: line\ndata: a\n\n"],
    ["keeps the spaces of an event type", { data: "a", event: "  x " }, "event:   x \ndata: a\n\n"],
    ["writes the id", { data: "a", id: "kx3p-42" }, "id: kx3p-42\ndata: a\n\n"],
    ["writes an empty id, which resets", { data: "a", id: "" }, "id: \ndata: a\n\n"],
    ["writes retry in front", { data: "a", retry: 3000 }, "retry: 3000\ndata: a\n\n"],
    ["writes retry 0", { data: "a", retry: 0 }, "retry: 0\ndata: a\n\n"],
    ["writes minus zero as 0", { data: "a", retry: -0 }, "retry: 0\ndata: a\n\n"],
    ["writes the longest retry in decimal", { data: "a", retry: MAX_RETRY }, "retry: 2147483647\ndata: a\n\n"],
    ["writes retry alone without a blank line", { retry: 1000 }, "retry: 1000\n"],
    ["writes a comment alone without a blank line", { comment: "hi" }, ": hi\n"],
    ["writes an empty comment", { comment: "" }, ":\n"],
    ["writes comment and retry without a blank line", { comment: "hi", retry: 1 }, ": hi\nretry: 1\n"],
    [
      "writes the fields in a fixed order",
      { data: "a\nb", id: "i", event: "e", retry: 1, comment: "c" },
      ": c\nretry: 1\nevent: e\nid: i\ndata: a\ndata: b\n\n",
    ],
    [
      "takes null and undefined for absent",
      { data: "a", id: null, event: undefined, retry: null, comment: undefined },
      "data: a\n\n",
    ],
  ];
  for (const [behaviour, fields, wire] of wires) {
    it(behaviour, () => {
      assert.equal(encodeEvent(fields), wire);
    });
  }

  const refusals: readonly (readonly [behaviour: string, fields: unknown])[] = [
    ["refuses text in place of an object", "data"],
    ["refuses a number in place of an object", 1],
    ["refuses null", null],
    ["refuses undefined", undefined],
    ["refuses a function", () => ({ data: "a" })],
    ["refuses an array", ["a"]],
    ["refuses no field at all", {}],
    ["refuses only absent fields", { data: null, id: undefined }],
    ["refuses an event type without data", { event: "a" }],
    ["refuses an id without data", { id: "1", retry: 1, comment: "c" }],
    ["refuses an empty id without data", { id: "" }],
    ["refuses a number as data", { data: 1 }],
    ["refuses 0 as data", { data: 0 }],
    ["refuses false as data", { data: false }],
    ["refuses an object as data", { data: {} }],
    ["refuses an object that would turn into text", { data: { toString: () => "a" } }],
    ["refuses a String object", { data: new String("a") }],
    ["refuses bytes as data", { data: new Uint8Array(1) }],
    ["refuses a symbol as data", { data: Symbol("a") }],
    ["refuses a lone high surrogate in data", { data: "a\uD800" }],
    ["refuses a lone low surrogate in data", { data: "\uDC00a" }],
    ["refuses a number as event type", { data: "a", event: 1 }],
    ["refuses an empty event type", { data: "a", event: "" }],
    ["refuses CR in an event type", { data: "a", event: "b\r" }],
    ["refuses LF in an event type", { data: "a", event: "b\ndata: forged" }],
    ["refuses NUL in an event type", { data: "a", event: "\0" }],
    ["refuses a lone surrogate in an event type", { data: "a", event: "\uD83D" }],
    ["refuses a number as id", { data: "a", id: 1 }],
    ["refuses an id that forges an event", { data: "a", id: "1\n\nevent: forged" }],
    ["refuses a comment of two lines", { data: "a", comment: "b\nc" }],
    ["refuses CR in a comment", { comment: "b\rdata: c" }],
    ["refuses a number as comment", { comment: 1 }],
    ["refuses retry as text", { data: "a", retry: "1000" }],
    ["refuses a bigint as retry", { data: "a", retry: 1n }],
    ["refuses a negative retry", { data: "a", retry: -1 }],
    ["refuses a fraction as retry", { data: "a", retry: 0.5 }],
    ["refuses NaN as retry", { data: "a", retry: Number.NaN }],
    ["refuses Infinity as retry", { data: "a", retry: Number.POSITIVE_INFINITY }],
    ["refuses a retry that setTimeout would wrap", { data: "a", retry: MAX_RETRY + 1 }],
  ];
  for (const [behaviour, fields] of refusals) {
    it(behaviour, () => {
      assert.throws(() => encodeEvent(fields as EventFields), INVALID);
    });
  }

  it("checks each event type, also after a valid one", () => {
    for (const event of ["line", "line\n", "line\n", "line", "gap"]) {
      if (event.endsWith("\n")) assert.throws(() => encodeEvent({ data: "a", event }), INVALID);
      else assert.equal(encodeEvent({ data: "a", event }), `event: ${event}\ndata: a\n\n`);
    }
  });

  it("names the refused field and the remedy in its message", () => {
    assert.throws(() => encodeEvent({ data: 5 as unknown as string }), {
      message: "Cannot encode the event: data is a number; pass a string, for example String(value)",
    });
  });

  it("reads each property once, so that it writes the values that it has checked", () => {
    let reads = 0;
    const wire = encodeEvent({
      get data() {
        reads += 1;
        return reads === 1 ? "a" : "forged\n\n";
      },
    });
    assert.equal(wire, "data: a\n\n");
    assert.equal(reads, 1);
  });

  it("encodes ten megabytes on one line", () => {
    const data = "x".repeat(10_000_000);
    assert.equal(encodeEvent({ data }) === `data: ${data}\n\n`, true);
  });

  for (const lineEnd of ["\n", "\r", "\r\n"]) {
    it(`encodes a million lines ended by ${JSON.stringify(lineEnd)}`, () => {
      assert.equal(encodeEvent({ data: lineEnd.repeat(1_000_000) }) === `${"data: \n".repeat(1_000_001)}\n`, true);
    });
  }

  it("has types that refuse what the function refuses", () => {
    // @ts-expect-error data is text
    assert.throws(() => encodeEvent({ data: 1 }), INVALID);
    // @ts-expect-error retry is a number
    assert.throws(() => encodeEvent({ retry: "1" }), INVALID);
    // @ts-expect-error an event is an object
    assert.throws(() => encodeEvent("a"), INVALID);
  });
});

describe("encodeComment", () => {
  it("writes the heartbeat: a colon and one LF", () => {
    assert.equal(encodeComment(""), ":\n");
  });

  it("writes text behind a colon and a space", () => {
    assert.equal(encodeComment("hi: there "), ": hi: there \n");
  });

  for (const text of ["a\nb", "a\rb", "\r\n", "a\0b", "\uDFFF", 1, null, undefined]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => encodeComment(text as string), INVALID);
    });
  }
});
