import { TailcastError, invalidOption, typeName } from "../error.ts";

/** The default of `maxEventBytes`: 16 MiB. */
export const DEFAULT_MAX_EVENT_BYTES: number = 16 * 1024 * 1024;

const LF = 0x0a;
const SPACE = 0x20;
const COLON = 0x3a;
const LOWER_A = 0x61;
const LOWER_D = 0x64;
const LOWER_T = 0x74;
const LOWER_E = 0x65;
const LOWER_I = 0x69;
const BYTE_ORDER_MARK = 0xfeff;

const wholeText = new TextDecoder("utf-8", { ignoreBOM: true });
const DECODE_STREAM = { stream: true };

/** One event as a client dispatches it (HTML 9.2.6), with the property names of the browser's `MessageEvent`. */
export interface DecodedEvent {
  /** The event type, which selects the listener. `"message"` when the stream names none. */
  readonly type: string;
  /** The lines of the data, joined by LF. */
  readonly data: string;
  /** The last event ID at this event: its own id, or the one that is still valid from an earlier event. */
  readonly lastEventId: string;
}

/** The options of {@link EventStreamDecoder} and `decodeEventStream`. */
export interface EventStreamDecoderOptions {
  /**
   * The largest event, in bytes, a positive integer; {@link DEFAULT_MAX_EVENT_BYTES} by default. It includes everything
   * that is kept until the blank line: the `data`, `event` and `id` lines of the event, without their line ends, and
   * the line that is arriving. A byte that is not UTF-8 counts as the three bytes of U+FFFD. It excludes finished
   * comments and ignored lines, so heartbeats may continue without end.
   */
  readonly maxEventBytes?: number | undefined;
  /** The last event ID from the connection before, for a client that reconnects; `""` by default. */
  readonly lastEventId?: string | undefined;
}

/**
 * Reads an event stream as the standard says (HTML 9.2.5 "Parsing", 9.2.6 "Interpreting an event stream"), in chunks
 * that may be cut anywhere: inside a character, between CR and LF, inside the byte order mark. Decoding takes
 * linear time for any chunks.
 *
 * One decoder serves one client through all its connections. When one ends, call `end()`, wait `retry` milliseconds,
 * reconnect with `lastEventId` as `Last-Event-ID`, and continue with the same decoder.
 *
 * ```ts
 * const decoder = new EventStreamDecoder();
 * const bytes = new TextEncoder().encode("id: 7\ndata: hello\n\n");
 * decoder.decode(bytes); // [{ type: "message", data: "hello", lastEventId: "7" }]
 * ```
 */
export class EventStreamDecoder {
  readonly #maxEventBytes: number;
  // U+FEFF is text here; #read removes the byte order mark of the stream.
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  // Whether all chunks were ASCII.
  #isAscii = true;

  // The line whose end has not arrived. Text is only appended to it, which takes constant time.
  #unfinished = "";
  #unfinishedBytes = 0;
  #atFirstLine = true;
  #afterCarriageReturn = false;

  // The three buffers of HTML 9.2.6. The data buffer lacks the last LF, which the standard removes; `undefined` is the
  // standard's empty buffer.
  #data: string | undefined;
  #eventType = "";
  #idBuffer: string;

  #lastEventId: string;
  #retry: number | undefined;
  #eventBytes = 0;
  // Whether #eventBytes and #unfinishedBytes are bytes. Until the event comes near the limit they are UTF-16 units.
  #isCounted = false;
  #failure: { readonly error: unknown } | undefined;

  /** @throws {TailcastError} `INVALID_OPTION` when an option has a wrong type or range; the message names it. */
  constructor(options: EventStreamDecoderOptions = {}) {
    if (typeof options !== "object" || options === null) {
      throw invalidOption("options", `it must be an object, not ${typeName(options)}`);
    }
    const { maxEventBytes = DEFAULT_MAX_EVENT_BYTES, lastEventId = "" } = options;
    if (!Number.isSafeInteger(maxEventBytes) || maxEventBytes < 1) {
      throw invalidOption("maxEventBytes", "it must be an integer of at least 1");
    }
    if (typeof lastEventId !== "string") {
      throw invalidOption("lastEventId", `it must be a string, not ${typeName(lastEventId)}`);
    }
    this.#maxEventBytes = maxEventBytes;
    this.#lastEventId = lastEventId;
    this.#idBuffer = lastEventId;
  }

  /**
   * The last event ID string (HTML 9.2.2), `""` without one: a client sends it as `Last-Event-ID` when it
   * reconnects. It changes with the blank line that ends an event, also of one without data, and never with an
   * unfinished event.
   */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /**
   * The reconnection time in milliseconds (HTML 9.2.2), as the stream last set it; `undefined` until it does. It takes
   * effect at its line. The decoder does not limit the number: limit it before it goes to `setTimeout`, which wraps
   * above 2^31 - 1.
   */
  get retry(): number | undefined {
    return this.#retry;
  }

  /**
   * Reads a chunk and returns the events that it completes, in order. An event is complete at its blank line; when that
   * line ends with CR, the event does not wait for an LF.
   *
   * An event above `maxEventBytes` makes the decoder fail for good: each later call of `decode` and `end` throws the
   * same error. Events that the failing chunk completed before are not lost: they are returned, and the next call
   * throws.
   *
   * @param chunk - Bytes, cut anywhere. They are not kept, so their memory may be reused.
   * @throws {TailcastError} `EVENT_TOO_LARGE` when an event exceeds `maxEventBytes`.
   * @throws {TypeError} When the chunk is not a `Uint8Array`; the decoder is unchanged.
   */
  decode(chunk: Uint8Array): DecodedEvent[] {
    this.#assertNotFailed();
    if (!isUint8Array(chunk)) {
      const problem = `it must be a Uint8Array, not ${typeName(chunk)}`;
      throw new TypeError(`Cannot decode the chunk: ${problem}; do not call setEncoding() on the source`);
    }
    const events: DecodedEvent[] = [];
    try {
      const ascii = this.#readAscii(chunk);
      if (ascii !== undefined) this.#read(ascii, true, events);
      else this.#read(this.#utf8.decode(chunk, DECODE_STREAM), false, events);
      this.#assertFits(this.#unfinishedBytes);
    } catch (error) {
      this.#discard();
      this.#failure = { error };
      if (events.length === 0) {
        throw error;
      }
    }
    return events;
  }

  /**
   * Marks the end of the stream. An event without its blank line is discarded, with its id (HTML 9.2.6: "any pending
   * data must be discarded"). The decoder is then ready for the next connection: `lastEventId` and `retry` stay, as a
   * browser keeps them, and a byte order mark may come again.
   *
   * @throws {TailcastError} `EVENT_TOO_LARGE` when the decoder has failed before.
   */
  end(): void {
    this.#assertNotFailed();
    this.#discard();
  }

  // Most streams are ASCII. Node decodes a chunk that no earlier chunk continues in two thirds of the time, and the
  // units of its text are its bytes, which need not be counted. Other chunks give shorter text, or end with a byte
  // that may start a character.
  #readAscii(chunk: Uint8Array): string | undefined {
    if (!this.#isAscii) return undefined;
    const text = wholeText.decode(chunk);
    if (text.length === chunk.length && !((chunk[chunk.length - 1] ?? 0) >= 0x80)) return text;
    this.#isAscii = false;
    return undefined;
  }

  // Cuts text into lines (HTML 9.2.5: a line ends with CRLF, a lone LF or a lone CR). A CR ends its line at once: to
  // wait and see whether an LF follows would hold back the event until the next chunk, which may be minutes away.
  #read(text: string, isAscii: boolean, events: DecodedEvent[]): void {
    let start = 0;
    if (this.#afterCarriageReturn && text.length > 0) {
      this.#afterCarriageReturn = false;
      if (text.charCodeAt(0) === LF) start = 1;
    }
    // HTML 9.2.6, "UTF-8 decode": one byte order mark at the very start is not part of the text.
    if (this.#atFirstLine && start < text.length) {
      this.#atFirstLine = false;
      if (text.charCodeAt(start) === BYTE_ORDER_MARK) start += 1;
    }
    // Both positions are kept until they are passed. To look for the next CR again at each LF, or the other way round,
    // would take quadratic time in a stream that has only one of them.
    // Reading behind the end of a text would make V8 discard the compiled code.
    const last = text.length - 1;
    const count = this.#countsUnits(text, isAscii) ? unitLength : utf8Length;
    let lineFeed = text.indexOf("\n", start);
    let carriageReturn = text.indexOf("\r", start);
    for (;;) {
      const isLineFeed = carriageReturn === -1 || (lineFeed !== -1 && lineFeed < carriageReturn);
      const end = isLineFeed ? lineFeed : carriageReturn;
      if (end === -1) break;
      if (this.#unfinishedBytes > 0) this.#finishLine(text.slice(start, end), count, events);
      else if (start === end) this.#dispatch(events);
      else this.#interpret(text, start, end, count(text, start, end));
      start = end + 1;
      if (isLineFeed) {
        // A blank line follows most lines, and heartbeats are empty comments. To look for their ends first would take
        // half of the time of heartbeats.
        while (start < last) {
          const next = text.charCodeAt(start);
          if (next === LF) {
            if (this.#eventBytes > 0) this.#dispatch(events);
            start += 1;
          } else if (next === COLON && text.charCodeAt(start + 1) === LF) {
            start += 2;
          } else {
            break;
          }
        }
        lineFeed = text.indexOf("\n", start);
      } else {
        if (start === text.length) this.#afterCarriageReturn = true;
        else if (text.charCodeAt(start) === LF) start += 1;
        carriageReturn = text.indexOf("\r", start);
        if (lineFeed !== -1 && lineFeed < start) lineFeed = text.indexOf("\n", start);
      }
    }
    if (start === text.length) return;
    const rest = text.slice(start);
    this.#unfinished += rest;
    this.#unfinishedBytes += count(rest, 0, rest.length);
  }

  // Whether the units of this text may be counted in place of its bytes. Counting the bytes of Chinese text takes a
  // third of the time of decoding it, and a unit has at most three bytes, so the decoder counts them only when the
  // event comes near the limit, then with all text that it keeps.
  #countsUnits(text: string, isAscii: boolean): boolean {
    if (this.#eventBytes + this.#unfinishedBytes === 0) this.#isCounted = false;
    if (this.#isCounted) return isAscii;
    if (3 * (this.#eventBytes + this.#unfinishedBytes + text.length) <= this.#maxEventBytes) return true;
    this.#isCounted = true;
    for (const kept of [this.#data ?? "", this.#eventType]) {
      this.#eventBytes += utf8Length(kept, 0, kept.length) - kept.length;
    }
    this.#unfinishedBytes = utf8Length(this.#unfinished, 0, this.#unfinished.length);
    return isAscii;
  }

  #finishLine(rest: string, count: typeof utf8Length, events: DecodedEvent[]): void {
    const line = this.#unfinished + rest;
    const bytes = this.#unfinishedBytes + count(rest, 0, rest.length);
    this.#unfinished = "";
    this.#unfinishedBytes = 0;
    if (line === "") this.#dispatch(events);
    else this.#interpret(line, 0, line.length, bytes);
  }

  // HTML 9.2.6, the steps for one line that is not blank.
  #interpret(text: string, start: number, end: number, bytes: number): void {
    if (this.#eventBytes + bytes > this.#maxEventBytes) this.#assertFits(bytes);
    const first = text.charCodeAt(start);
    if (first === COLON) return;
    // Most lines are data. Comparing characters takes a third of the time of looking for the colon.
    if (
      first === LOWER_D &&
      text.charCodeAt(start + 1) === LOWER_A &&
      text.charCodeAt(start + 2) === LOWER_T &&
      text.charCodeAt(start + 3) === LOWER_A &&
      text.charCodeAt(start + 4) === COLON
    ) {
      const valueStart = text.charCodeAt(start + 5) === SPACE ? start + 6 : start + 5;
      this.#addData(text.slice(valueStart, end), bytes);
      return;
    }
    if (first === LOWER_I && text.charCodeAt(start + 1) === LOWER_D && text.charCodeAt(start + 2) === COLON) {
      this.#setId(text.slice(text.charCodeAt(start + 3) === SPACE ? start + 4 : start + 3, end), bytes);
      return;
    }
    if (first === LOWER_E && text.startsWith("event:", start)) {
      this.#setType(text.slice(text.charCodeAt(start + 6) === SPACE ? start + 7 : start + 6, end), bytes);
      return;
    }
    const line = text.slice(start, end);
    const colon = line.indexOf(":");
    if (colon === -1) {
      this.#process(line, "", bytes);
    } else {
      const valueStart = line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1;
      this.#process(line.slice(0, colon), line.slice(valueStart), bytes);
    }
  }

  #addData(value: string, bytes: number): void {
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    this.#eventBytes += bytes;
  }

  #setType(value: string, bytes: number): void {
    this.#eventType = value;
    this.#eventBytes += bytes;
  }

  #setId(value: string, bytes: number): void {
    if (value.includes("\0")) return;
    this.#idBuffer = value;
    this.#eventBytes += bytes;
  }

  // HTML 9.2.6, "process the field". Names are compared exactly, with case; a field with another name is ignored.
  #process(name: string, value: string, bytes: number): void {
    switch (name) {
      case "data":
        this.#addData(value, bytes);
        break;
      case "event":
        this.#setType(value, bytes);
        break;
      case "id":
        this.#setId(value, bytes);
        break;
      case "retry":
        // Only ASCII digits: Number() alone would also accept "1e3", "0x10" and " 5".
        if (/^[0-9]+$/.test(value)) {
          this.#retry = Number(value);
        }
        break;
    }
  }

  // HTML 9.2.6, "dispatch the event". The id is taken over before the data is looked at, so that an event without data,
  // which is not dispatched, still moves the last event ID.
  #dispatch(events: DecodedEvent[]): void {
    const data = this.#data;
    const lastEventId = this.#idBuffer;
    this.#lastEventId = lastEventId;
    if (data !== undefined) events.push({ type: this.#eventType || "message", data, lastEventId });
    this.#clearEvent();
  }

  // The id buffer is not cleared: an id holds until another one comes (HTML 9.2.6).
  #clearEvent(): void {
    this.#data = undefined;
    this.#eventType = "";
    this.#eventBytes = 0;
  }

  // The id of an unfinished event is discarded too: a client that returned it would never receive that event. The
  // standard starts a stream with an empty id buffer; browsers start it with the last event ID, without which an event
  // that has no id would wipe it after a reconnect.
  #discard(): void {
    this.#utf8.decode();
    this.#isAscii = true;
    this.#unfinished = "";
    this.#unfinishedBytes = 0;
    this.#afterCarriageReturn = false;
    this.#clearEvent();
    this.#idBuffer = this.#lastEventId;
    this.#atFirstLine = true;
  }

  #assertFits(lineBytes: number): void {
    if (this.#eventBytes + lineBytes > this.#maxEventBytes) {
      throw new TailcastError(
        "EVENT_TOO_LARGE",
        `Cannot decode the event: it exceeds ${this.#maxEventBytes} bytes; raise maxEventBytes if you trust the source`,
      );
    }
  }

  #assertNotFailed(): void {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }
}

function unitLength(_text: string, start: number, end: number): number {
  return end - start;
}

/** Returns the number of bytes of a part of decoded text in UTF-8. */
function utf8Length(text: string, start: number, end: number): number {
  let bytes = 0;
  for (let index = start; index < end; index += 1) {
    const unit = text.charCodeAt(index);
    // Decoded text has surrogates only in pairs, which take four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return bytes;
}

// Not instanceof: a Uint8Array may come from another realm, as from an iframe or in a test runner that uses node:vm.
function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Partial<Uint8Array>)[Symbol.toStringTag] === "Uint8Array";
}
