import { invalidOption, typeName } from "../error.ts";
import { REMEDY_FOR_BYTES } from "../protocol/field-value.ts";
import type { EventFields } from "../protocol/encode.ts";

/** An event of a source: its fields, or only its data. */
export type StreamEvent = EventFields | string;

/** A `ReadableStream` as every runtime and every version of TypeScript types it. */
export interface ReadableSource {
  getReader(): {
    read(): Promise<{ done: boolean; value?: StreamEvent | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** The origin of the events of a per-request stream. */
export type StreamSource = AsyncIterable<StreamEvent> | Iterable<StreamEvent> | ReadableSource;

/** An open source. */
interface OpenSource {
  next(): Promise<IteratorResult<StreamEvent, unknown>>;
  /** Stops the source. No further events are read. */
  stop(): Promise<unknown>;
}

/**
 * Returns `source` when it is a source.
 *
 * @throws {TailcastError} `INVALID_OPTION` for everything else.
 */
export function checkSource(source: unknown): StreamSource {
  if (isSource(source)) return source;
  const wanted = "an iterable, an async iterable or a ReadableStream of events";
  const type = typeName(source);
  const remedy = remedies[type] ?? "for one event, pass [event]";
  throw invalidOption("source", `it must be ${wanted}, not ${type}; ${remedy}`);
}

/** The advice for a value that is not a source, by the name of its type. */
const remedies: Readonly<Record<string, string>> = {
  bytes: REMEDY_FOR_BYTES,
  "a promise": "await it, or pass a function that returns it",
};

/** Whether a value is a source. Text and bytes are not: each character and each byte would be an event. */
function isSource(value: unknown): value is StreamSource {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value || "getReader" in value;
}

/**
 * Sends each event of a source, and reads the next one when the client can receive it. Resolves when the source ends.
 * Rejects with `INVALID_OPTION` when `source` is not a source.
 *
 * When `signal` is aborted, rejects immediately with its reason, even while the source is silent. It then stops the
 * source (`return()` of an iterator, `cancel()` of a `ReadableStream`) and does not wait for it.
 */
export async function sendSource(
  source: StreamSource,
  send: (event: StreamEvent) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { next, stop } = openSource(checkSource(source));
  let interrupt: (reason: unknown) => void = () => undefined;
  const onAbort = (): void => interrupt(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    for (;;) {
      signal.throwIfAborted();
      // Do not use `Promise.race` with one promise for the abort: each race would add a reaction to that promise.
      const result = await new Promise<IteratorResult<StreamEvent, unknown>>((resolve, reject) => {
        interrupt = reject;
        next().then(resolve, reject);
      });
      if (result.done === true) return;
      await send(result.value);
    }
  } catch (error) {
    stop().catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Stops a source that was not read. */
export function stopSource(source: unknown): void {
  if (!isSource(source)) return;
  try {
    openSource(source)
      .stop()
      .catch(() => undefined);
  } catch {
    // A locked ReadableStream belongs to its reader.
  }
}

function openSource(source: StreamSource): OpenSource {
  // The iterator of a ReadableStream cancels only after a pending read; its reader cancels immediately.
  if ("getReader" in source) {
    const reader = source.getReader();
    return {
      next: async () => (await reader.read()) as IteratorResult<StreamEvent, unknown>,
      stop: async () => await reader.cancel(),
    };
  }
  const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return { next: async () => await iterator.next(), stop: async () => await iterator.return?.() };
}
