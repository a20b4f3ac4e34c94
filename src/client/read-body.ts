import type { EventStreamSource } from "../protocol/decode-stream.ts";

/** Reads the body of a response. */
export interface BodyReader {
  /** Reads the next bytes; `undefined` at the end. */
  read(): Promise<Uint8Array | undefined>;
  /** Closes the source, also while {@link read} waits. It never throws. */
  cancel(): void;
}

/**
 * Reads a web stream, a stream of Node, or another iterable.
 *
 * The iterator of a stream closes it only when the pending `next()` has settled, which may never happen. So a web
 * stream is read with its reader, and a stream of Node is destroyed.
 */
export function readBody(body: EventStreamSource): BodyReader {
  if ("getReader" in body) {
    const reader = body.getReader();
    return {
      read: async () => (await reader.read()).value,
      cancel: () => void ignoreErrors(() => reader.cancel()),
    };
  }
  const source = body as EventStreamSource & { destroy?(): unknown };
  const chunks = Symbol.asyncIterator in body ? body[Symbol.asyncIterator]() : body[Symbol.iterator]();
  return {
    read: async () => {
      const { done, value } = await chunks.next();
      return done === true ? undefined : (value as Uint8Array);
    },
    cancel: () => void ignoreErrors(() => source.destroy?.() ?? chunks.return?.()),
  };
}

/** Closes a source. An error shows only that the source is closed already. */
async function ignoreErrors(close: () => unknown): Promise<void> {
  try {
    await close();
  } catch {
    // The reader has left, and no one receives the error.
  }
}
