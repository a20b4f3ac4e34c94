import type { ChannelHistory, HistoryReader } from "./history.ts";

/**
 * Opens a reader of a history. The application may have implemented the history, so this function handles its errors:
 *
 * - when `read` throws, `next` of the returned reader rejects with the error. The channel then handles it in a later
 *   turn, like every other failure to read;
 * - when `close` throws or rejects, `onCloseFailure` receives the error, and the caller continues.
 *
 * @param onCloseFailure - Called with an error of `close`.
 */
export function openReader(
  history: ChannelHistory,
  sequence: number,
  onCloseFailure: (error: unknown) => void,
): HistoryReader {
  let reader: HistoryReader;
  try {
    reader = history.read(sequence);
  } catch (error) {
    return { next: () => Promise.reject(error), close: () => undefined };
  }
  const close = async (): Promise<void> => await reader.close();
  return { next: () => reader.next(), close: () => void close().catch(onCloseFailure) };
}
