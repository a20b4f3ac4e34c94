import type { DecodedEvent, EventStreamDecoderOptions } from "./decode.ts";
import { EventStreamDecoder } from "./decode.ts";

/**
 * Reads the events of one connection from any source of bytes: a `node:http` response, the body of a `fetch`, a file.
 *
 * ```ts
 * get("http://127.0.0.1:3000/api/log/push", async (response) => {
 *   for await (const event of decodeEventStream(response)) {
 *     console.log(event.type, event.data);
 *   }
 * });
 * ```
 *
 * Ends when the source ends; an unfinished event is discarded (HTML 9.2.6). When the consumer breaks off or an event is
 * too large, the source's iterator is returned, which closes a stream. An error of the source is passed on.
 *
 * @param source Chunks of bytes, cut anywhere.
 * @param options As for `EventStreamDecoder`.
 * @throws {TailcastError} `INVALID_OPTION` at once; `EVENT_TOO_LARGE` from the iteration, after the events before it.
 */
export function decodeEventStream(
  source: AsyncIterable<Uint8Array>,
  options?: EventStreamDecoderOptions,
): AsyncGenerator<DecodedEvent, void, undefined> {
  // A generator's body runs at the first next(): the decoder is made here, so that a bad option throws at the call.
  return decodeWith(new EventStreamDecoder(options), source);
}

async function* decodeWith(
  decoder: EventStreamDecoder,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<DecodedEvent, void, undefined> {
  for await (const chunk of source) {
    yield* decoder.decode(chunk);
  }
  decoder.end();
}
