import { invalidOption, typeName } from "../error.ts";
import { EventStreamDecoder } from "./decode.ts";
import type { DecodedEvent, EventStreamDecoderOptions } from "./decode.ts";

/**
 * The part of a web stream that the decoder uses. It is declared here because the `ReadableStream` of older TypeScript
 * libraries and of some browsers is not an `AsyncIterable`.
 */
export interface ReadableByteStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
    releaseLock(): void;
  };
}

/** A source of bytes: a `node:http` response, a file, a generator, or the `body` of a `fetch`. */
export type EventStreamSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array> | ReadableByteStream;

/**
 * Reads the events of one connection from any source of bytes.
 *
 * ```js
 * const response = await fetch("http://127.0.0.1:3000/api/log/push");
 * for await (const event of decodeEventStream(response.body)) {
 *   console.log(event.type, event.data);
 * }
 * ```
 *
 * Ends when the source ends; an unfinished event is discarded (HTML 9.2.6). When the consumer leaves the loop, or an
 * event is too large, the source is closed: its iterator is returned, or the stream cancelled. An error of the source
 * rejects the iteration.
 *
 * @param source - Chunks of bytes, cut anywhere.
 * @param options - As for `EventStreamDecoder`.
 * @throws {TailcastError} `INVALID_OPTION` at the call; `EVENT_TOO_LARGE` from the iteration, after the events before
 * it.
 */
export function decodeEventStream(
  source: EventStreamSource,
  options?: EventStreamDecoderOptions,
): AsyncGenerator<DecodedEvent, void, undefined> {
  // A generator's body runs at the first next(): the decoder is made here, so that a bad option throws at the call.
  return decodeWith(new EventStreamDecoder(options), checkSource(source));
}

/** Also refuses a single chunk, because iterating over it would yield each byte as a chunk. */
function checkSource(source: EventStreamSource): EventStreamSource {
  const isSource =
    typeof source === "object" &&
    source !== null &&
    !ArrayBuffer.isView(source) &&
    (Symbol.asyncIterator in source || Symbol.iterator in source || "getReader" in source);
  if (isSource) return source;
  const wanted = "an iterable, an async iterable or a ReadableStream of bytes";
  throw invalidOption("source", `it must be ${wanted}, not ${typeName(source)}; for one chunk, pass [chunk]`);
}

async function* decodeWith(
  decoder: EventStreamDecoder,
  source: EventStreamSource,
): AsyncGenerator<DecodedEvent, void, undefined> {
  for await (const chunk of iterable(source)) {
    yield* decodeChunk(decoder, chunk);
  }
  decoder.end();
}

const NOTHING = new Uint8Array(0);

/**
 * Yields the events of a chunk.
 *
 * @throws {TailcastError} `EVENT_TOO_LARGE`, after the events before it; it does not wait for another chunk.
 */
export function* decodeChunk(decoder: EventStreamDecoder, chunk: Uint8Array): Generator<DecodedEvent, void, undefined> {
  const events = decoder.decode(chunk);
  yield* events;
  // A decoder that failed after these events throws at its next call.
  if (events.length > 0) decoder.decode(NOTHING);
}

function iterable(source: EventStreamSource): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return Symbol.asyncIterator in source || Symbol.iterator in source ? source : chunksOf(source);
}

// Reads a web stream as `for await` does where the stream is an AsyncIterable.
async function* chunksOf(stream: ReadableByteStream): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value !== undefined) yield value;
    }
  } finally {
    // After the end this has no effect; after an error of the stream it rejects with the same error again.
    await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}
