/**
 * Where the log of a channel is kept for longer than in memory, such as a file. Events are shown to clients only after
 * they were stored, and events that are no longer in memory are read from here, so that no client lags too far behind.
 *
 * It holds the events 1, 2, 3 and so on without holes, as the bytes of the event stream (HTML 9.2.5) that clients get;
 * the channel gives each its id.
 *
 * A history without `append` is filled by the application, which puts an event there before it publishes it to the
 * channel. See also `Channel.skip`.
 */
export interface ChannelHistory {
  /** The epoch of the ids that it holds. */
  readonly epoch: string;
  /** The sequence number of its oldest event. It may grow. Default 1: it keeps everything. */
  readonly start?: number;
  /** The sequence number that follows its newest event: where the channel continues. 1 when it is empty. */
  readonly end: number;
  /**
   * Stores the events from `end` to `next - 1`, which become readable. Called again only when the promise is settled.
   * When it rejects, the channel continues in memory alone and never calls this again. `flushed()` rejects with the
   * error then, `statistics.historyFailures` counts it, and `tailcast:history` publishes it.
   *
   * @param pieces - Event-stream bytes, whole events in each; they must not be changed.
   */
  append?(pieces: readonly Buffer[], next: number): Promise<void>;
  /**
   * Opens a reader of the events from `sequence` on, which is at least 1; `start` may have passed it meanwhile.
   */
  read(sequence: number): HistoryReader;
  /** Frees what the history holds, such as a file. Called once, when the channel was closed. */
  close?(): Promise<void> | void;
}

/** Whole events, as bytes. One object may be given to several readers: then they share its compressed form as well. */
export interface HistoryPiece {
  readonly bytes: Buffer;
  /** The sequence number that follows the last event. */
  readonly next: number;
}

/** A place in a history. */
export interface HistoryReader {
  /**
   * The next events, some 64 KiB of them, or one that is larger. Called again only when the promise is settled, and
   * only when there is another event. When it rejects, clients that need the events receive a gap.
   */
  next(): Promise<HistoryPiece>;
  /** Frees what it holds. Nothing is called after this. */
  close(): void;
}
