import assert from "node:assert/strict";
import { EventStreamDecoder } from "../../dist/protocol/decode.js";
import type { DecodedEvent, EventStreamDecoderOptions } from "../../dist/protocol/decode.js";

/** An event of the type `message`, or of another. */
export function message(data: string, lastEventId = "", type = "message"): DecodedEvent {
  return { type, data, lastEventId };
}

/** Decodes one chunk of text. */
export function decodeText(decoder: EventStreamDecoder, text: string): DecodedEvent[] {
  return decoder.decode(Buffer.from(text));
}

/** The outcome of a connection. */
export interface Outcome {
  readonly events: readonly DecodedEvent[];
  readonly lastEventId: string;
  readonly retry: number | undefined;
  /** The code of the error that ended it. */
  readonly failure: unknown;
}

/** A whole connection: every chunk, then the end. */
export function decodeChunks(chunks: Iterable<Uint8Array>, options?: EventStreamDecoderOptions): Outcome {
  const decoder = new EventStreamDecoder(options);
  const events: DecodedEvent[] = [];
  let failure: unknown;
  try {
    for (const chunk of chunks) {
      events.push(...decoder.decode(chunk));
    }
    decoder.end();
  } catch (error) {
    failure = (error as { code?: unknown }).code;
  }
  return { events, lastEventId: decoder.lastEventId, retry: decoder.retry, failure };
}

/** The bytes in chunks of one size. */
export function* cutEvery(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    yield bytes.subarray(start, start + size);
  }
}

/** Compares the outcome of the whole, of every cut into two, and byte by byte through one buffer that is used again. */
export function assertForEveryCut(bytes: Uint8Array, expected: Outcome, options?: EventStreamDecoderOptions): void {
  for (let offset = 0; offset <= bytes.length; offset += 1) {
    const chunks = [bytes.subarray(0, offset), bytes.subarray(offset)];
    assert.deepEqual(decodeChunks(chunks, options), expected, `cut at ${offset}`);
  }
  assert.deepEqual(decodeChunks(oneByteAtATime(bytes), options), expected, "byte by byte");
}

/** The bytes one by one, each in the same memory. */
export function* oneByteAtATime(bytes: Uint8Array): Generator<Uint8Array> {
  const chunk = new Uint8Array(1);
  for (const byte of bytes) {
    chunk[0] = byte;
    yield chunk;
  }
}
