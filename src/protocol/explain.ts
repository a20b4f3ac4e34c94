import { TailcastError, invalidOption, typeName } from "../error.ts";
import { DEFAULT_MAX_EVENT_BYTES } from "./decode.ts";
import { faultOfName, isBrokenJson } from "./stream-fault.ts";
import type { DecodedEvent } from "./decode.ts";
import type { StreamFaultKind } from "./stream-fault.ts";

const LF = 0x0a;
const CR = 0x0d;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const strictUtf8 = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** The role of a line. `ignored`: a field that clients ignore. `end`: the end of the stream, with the rest. */
export type LineKind = "blank" | "comment" | "data" | "event" | "id" | "retry" | "ignored" | "end";

/** One line of an event stream, and what a client does with it. */
export interface ExplainedLine {
  /** The number of the line, from 1. */
  readonly number: number;
  /** The bytes of the line with its end. The bytes of all lines together are those of the stream. */
  readonly bytes: Uint8Array;
  /** The line without its end, and without the byte order mark that starts the stream. */
  readonly text: string;
  readonly kind: LineKind;
  /** The value of a field, without the space after the colon; the text of a comment; `""` for other lines. */
  readonly value: string;
  /** The effect of the line on a client (HTML 9.2.6), as one sentence. */
  readonly rule: string;
  /** Whether the line has no effect although it is neither blank nor a comment. */
  readonly isIgnored: boolean;
  /** The event that the client dispatches at this line, which is blank. */
  readonly event: DecodedEvent | undefined;
  /** The mistakes of the line, or, at a blank line and at the end, those of the block. */
  readonly faults: readonly StreamFaultKind[];
}

/** A line before its effect is known. */
type Interpretation = Pick<ExplainedLine, "kind" | "value" | "rule"> & {
  readonly event?: DecodedEvent;
  readonly faults?: readonly StreamFaultKind[];
};

/**
 * Explains a whole event stream line by line (HTML 9.2.5 "Parsing", 9.2.6 "Interpreting an event stream"). The last
 * element is the end of the stream.
 *
 * ```ts
 * const [line, blank] = explain(new TextEncoder().encode("data:hello\n\n"));
 * line.rule;   // "Starts the data."
 * blank.event; // { type: "message", data: "hello", lastEventId: "" }
 * ```
 *
 * @throws {TailcastError} `EVENT_TOO_LARGE` when an event, a comment or a line exceeds 16 MiB.
 */
export function explain(bytes: Uint8Array): ExplainedLine[] {
  const explainer = new StreamExplainer();
  return [...explainer.explain(bytes), ...explainer.end()];
}

/**
 * Explains an event stream that arrives in chunks. The lines do not depend on where the chunks are cut; therefore
 * a line that ends with CR is explained when the next byte or the end has arrived.
 */
export class StreamExplainer {
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;
  #number = 0;

  #data: string[] = [];
  #eventType = "";
  #idBuffer = "";
  #hasId = false;
  // The lines from the first data of the block that are data or were ignored, which together may be one text.
  #written: string[] = [];
  #writtenLength = 0;
  // The kinds of lines in the block that are not fields of an event.
  #others: Set<LineKind> = new Set();

  #lastEventId = "";
  #retry: number | undefined;

  /** The last event ID with which a client reconnects. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** The reconnection time in milliseconds that the stream has set. */
  get retry(): number | undefined {
    return this.#retry;
  }

  /**
   * Returns the lines that the chunk completes.
   *
   * @param chunk - Bytes, cut anywhere. They are copied.
   * @throws {TailcastError} `EVENT_TOO_LARGE` when an event, or a line, exceeds 16 MiB.
   * @throws {TailcastError} `INVALID_OPTION` when the chunk is not a `Uint8Array`.
   */
  explain(chunk: Uint8Array): ExplainedLine[] {
    if (!(ArrayBuffer.isView(chunk) && "subarray" in chunk)) {
      throw invalidOption("chunk", `it must be a Uint8Array, not ${typeName(chunk)}`);
    }
    const lines: ExplainedLine[] = [];
    let start = 0;
    // The line before has ended with CR, unless an LF follows.
    if (chunk.length > 0 && this.#pieces.at(-1)?.at(-1) === CR) {
      if (chunk[0] === LF) start = 1;
      lines.push(this.#explain(this.#take(chunk.subarray(0, start))));
    }
    for (let index = start; index < chunk.length; index += 1) {
      const byte = chunk[index];
      if (byte !== LF && byte !== CR) continue;
      if (byte === CR) {
        // The next chunk tells whether an LF follows.
        if (index + 1 === chunk.length) break;
        if (chunk[index + 1] === LF) index += 1;
      }
      lines.push(this.#explain(this.#take(chunk.subarray(start, index + 1))));
      start = index + 1;
    }
    if (start < chunk.length) {
      this.#pieces.push(chunk.slice(start));
      this.#pendingBytes += chunk.length - start;
    }
    if (this.#pendingBytes + this.#writtenLength > DEFAULT_MAX_EVENT_BYTES) {
      const limit = `${DEFAULT_MAX_EVENT_BYTES} bytes`;
      throw new TailcastError("EVENT_TOO_LARGE", `Cannot explain the stream: a block of it exceeds ${limit}`);
    }
    return lines;
  }

  /** Returns the rest at the end of the stream: a last line that ends with CR, and the end. Call nothing after it. */
  end(): ExplainedLine[] {
    const lines: ExplainedLine[] = [];
    if (this.#pieces.at(-1)?.at(-1) === CR) lines.push(this.#explain(this.#take(new Uint8Array(0))));
    const bytes = this.#take(new Uint8Array(0));
    const hasBlock = this.#data.length > 0 || this.#eventType !== "" || this.#hasId;
    const isUnfinished = hasBlock || bytes.length > 0;
    const rule = isUnfinished
      ? "The stream ends; the unfinished block is discarded."
      : "The stream ends; nothing is unfinished.";
    const faults: StreamFaultKind[] = isUnfinished ? ["unfinished-event"] : [];
    return [...lines, this.#explain(bytes, { kind: "end", value: "", rule, faults })];
  }

  #take(last: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(this.#pendingBytes + last.length);
    let offset = 0;
    for (const piece of [...this.#pieces, last]) {
      bytes.set(piece, offset);
      offset += piece.length;
    }
    this.#pieces = [];
    this.#pendingBytes = 0;
    return bytes;
  }

  #explain(bytes: Uint8Array, known?: Interpretation): ExplainedLine {
    const endLength = bytes.at(-1) === LF && bytes.at(-2) === CR ? 2 : [LF, CR].includes(bytes.at(-1) ?? 0) ? 1 : 0;
    const content = bytes.subarray(0, bytes.length - endLength);
    const decoded = utf8.decode(content);
    const hasMark = this.#number === 0 && decoded.startsWith("\uFEFF");
    const text = hasMark ? decoded.slice(1) : decoded;
    this.#number += 1;
    const { kind, value, rule, event, faults = [] } = known ?? this.#interpret(text);
    const found = [...faults];
    if (!isUtf8(content)) found.push("invalid-utf8");
    if (endLength === 1 && bytes.at(-1) === CR) found.push("cr-only");
    return {
      number: this.#number,
      bytes,
      text,
      kind,
      value,
      rule: hasMark ? `The byte order mark is removed. ${rule}` : rule,
      isIgnored: kind === "ignored" || faults.includes("id-with-nul") || faults.includes("retry-not-digits"),
      event,
      faults: found,
    };
  }

  // HTML 9.2.6, the steps for one line.
  #interpret(text: string): Interpretation {
    if (text === "") return this.#dispatch();
    const colon = text.indexOf(":");
    if (colon === 0) {
      this.#others.add("comment");
      return { kind: "comment", value: text.slice(1), rule: "A comment: the client ignores it." };
    }
    const name = colon === -1 ? text : text.slice(0, colon);
    const value = colon === -1 ? "" : text.slice(colon + (text[colon + 1] === " " ? 2 : 1));
    switch (name) {
      case "data":
        this.#data.push(value);
        this.#write(value);
        return { kind: "data", value, rule: this.#data.length > 1 ? "Adds a line to the data." : "Starts the data." };
      case "event":
        this.#eventType = value;
        return { kind: "event", value, rule: value === "" ? 'The type becomes "message".' : "Sets the event type." };
      case "id":
        return this.#readId(value);
      case "retry":
        return this.#readRetry(value);
    }
    this.#others.add("ignored");
    if (this.#data.length > 0) this.#write(text);
    return { kind: "ignored", value, rule: "The client ignores the line.", faults: [faultOfName(name, colon !== -1)] };
  }

  #write(text: string): void {
    this.#written.push(text);
    this.#writtenLength += text.length + 1;
  }

  #readId(value: string): Interpretation {
    if (value.includes("\0")) {
      this.#others.add("ignored");
      return { kind: "id", value, rule: "The client ignores the line.", faults: ["id-with-nul"] };
    }
    this.#idBuffer = value;
    this.#hasId = true;
    const rule = value === "" ? "Resets the last event ID." : "Sets the last event ID, from the blank line.";
    return { kind: "id", value, rule };
  }

  #readRetry(value: string): Interpretation {
    this.#others.add("retry");
    if (!/^[0-9]+$/.test(value)) {
      return { kind: "retry", value, rule: "The client ignores the line.", faults: ["retry-not-digits"] };
    }
    this.#retry = Number(value);
    return { kind: "retry", value, rule: "Sets the reconnection time at once." };
  }

  #dispatch(): Interpretation {
    this.#lastEventId = this.#idBuffer;
    const faults: StreamFaultKind[] = [];
    const isEvent = this.#data.length > 0;
    const data = this.#data.join("\n");
    const event = { type: this.#eventType || "message", data, lastEventId: this.#lastEventId };
    if (isEvent && isBrokenJson(data, this.#written)) faults.push("broken-json");
    const isReset = this.#hasId || this.#eventType !== "";
    // An ignored line is reported where it stands.
    if (!isEvent && !this.#others.has("ignored")) {
      faults.push(isReset ? "fires-nothing" : this.#others.size > 0 ? "blank-after-comment" : "extra-blank");
    }
    this.#data = [];
    this.#eventType = "";
    this.#hasId = false;
    this.#written = [];
    this.#writtenLength = 0;
    this.#others = new Set();
    if (isEvent) return { kind: "blank", value: "", rule: "Dispatches the event.", event, faults };
    const rule = isReset ? "No data: nothing is dispatched, and the type is reset." : "Nothing is dispatched.";
    return { kind: "blank", value: "", rule, faults };
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
