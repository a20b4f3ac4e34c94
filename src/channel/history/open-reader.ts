import type { ChannelHistory, HistoryReader } from "./history.ts";

/**
 * Opens a reader of a history, which may be the application's, so that every error of it reaches one of two places:
 *
 * - an error that `read` throws becomes the rejection of the reader's `next`, which the channel treats as every other
 *   failure to read, in a later turn;
 * - an error of `close`, thrown or as the rejection of a promise, is reported and stops nothing.
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
