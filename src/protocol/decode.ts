import { TailcastError, invalidOption, typeName } from "../error.ts";
import { LineReader } from "./line-reader.ts";

/** The default of `maxEventBytes`: 16 MiB. */
export const DEFAULT_MAX_EVENT_BYTES: number = 16 * 1024 * 1024;

const COLON = 0x3a;

// Decodes single lines, where U+FEFF is text; the stream's own byte order mark is removed in #interpret.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

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
   * the line that is arriving. It excludes finished comments and ignored lines, so heartbeats may continue without end.
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
  readonly #lines = new LineReader();

  // The three buffers of HTML 9.2.6. The data buffer is kept as its lines: joined by LF they are the standard's buffer,
  // which has an LF after each line, once its last LF is removed; and no line at all is the standard's empty buffer.
  #data: string[] = [];
  #eventType = "";
  #idBuffer: string;

  #lastEventId: string;
  #retry: number | undefined;
  #eventBytes = 0;
  #atFirstLine = true;
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
      for (const line of this.#lines.read(chunk)) {
        this.#assertFits(line.length);
        const event = this.#interpret(line);
        if (event !== undefined) {
          events.push(event);
        }
      }
      this.#assertFits(this.#lines.unfinishedBytes);
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

  // HTML 9.2.6, the steps for one line.
  #interpret(line: Uint8Array): DecodedEvent | undefined {
    if (this.#atFirstLine) {
      this.#atFirstLine = false;
      line = withoutByteOrderMark(line);
    }
    if (line.length === 0) {
      return this.#dispatch();
    }
    if (line[0] === COLON) {
      return undefined;
    }
    const text = utf8.decode(line);
    const colon = text.indexOf(":");
    if (colon === -1) {
      this.#process(text, "", line.length);
    } else {
      const valueStart = text[colon + 1] === " " ? colon + 2 : colon + 1;
      this.#process(text.slice(0, colon), text.slice(valueStart), line.length);
    }
    return undefined;
  }

  // HTML 9.2.6, "process the field". Names are compared exactly, with case; a field with another name is ignored.
  #process(name: string, value: string, bytes: number): void {
    switch (name) {
      case "data":
        this.#data.push(value);
        this.#eventBytes += bytes;
        break;
      case "event":
        this.#eventType = value;
        this.#eventBytes += bytes;
        break;
      case "id":
        if (!value.includes("\0")) {
          this.#idBuffer = value;
          this.#eventBytes += bytes;
        }
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
  #dispatch(): DecodedEvent | undefined {
    const data = this.#data;
    const type = this.#eventType === "" ? "message" : this.#eventType;
    this.#lastEventId = this.#idBuffer;
    this.#clearEvent();
    return data.length === 0 ? undefined : { type, data: data.join("\n"), lastEventId: this.#lastEventId };
  }

  // The id buffer is not cleared: an id holds until another one comes (HTML 9.2.6).
  #clearEvent(): void {
    this.#data = [];
    this.#eventType = "";
    this.#eventBytes = 0;
  }

  // The id of an unfinished event is discarded too: a client that returned it would never receive that event. The
  // standard starts a stream with an empty id buffer; browsers start it with the last event ID, without which an event
  // that has no id would wipe it after a reconnect.
  #discard(): void {
    this.#lines.reset();
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

// HTML 9.2.6, "UTF-8 decode": one byte order mark at the very start is not part of the text.
function withoutByteOrderMark(line: Uint8Array): Uint8Array {
  return line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? line.subarray(3) : line;
}

// Not instanceof: a Uint8Array may come from another realm, as from an iframe or in a test runner that uses node:vm.
function isUint8Array(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Partial<Uint8Array>)[Symbol.toStringTag] === "Uint8Array";
}
