import type { ChannelHistory, HistoryReader } from "./history.ts";

/**
 * Opens a reader of a history. An error that `read` throws becomes the rejection of the reader's `next`: the channel
 * then treats it as every other failure to read, in a later turn.
 */
export function openReader(history: ChannelHistory, sequence: number): HistoryReader {
  try {
    return history.read(sequence);
  } catch (error) {
    return {
      next: async () => {
        throw error;
      },
      close: () => undefined,
    };
  }
}
