import type { EventStore, HistoryReader } from "./history.ts";

/**
 * Opens a reader of a store. The application may have implemented the store, so this function handles its errors:
 *
 * - when `read` throws, `next` of the returned reader rejects with the error. The channel then handles it in a later
 *   turn, like every other failure to read;
 * - when `close` throws or rejects, `onCloseFailure` receives the error, and the caller continues.
 *
 * @param onCloseFailure - Called with an error of `close`.
 */
export function openReader(
  store: Pick<EventStore, "read">,
  sequence: number,
  onCloseFailure: (error: unknown) => void,
): HistoryReader {
  let reader: HistoryReader;
  try {
    reader = store.read(sequence);
  } catch (error) {
    return { next: () => Promise.reject(error), close: () => undefined };
  }
  const close = async (): Promise<void> => await reader.close();
  return { next: () => reader.next(), close: () => void close().catch(onCloseFailure) };
}

/** Whether an error of `next` means that the store does not answer now. The events are not lost then. */
export function isUnavailable(error: unknown): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === "LOG_UNAVAILABLE";
}
