/**
 * Where the log of a channel is kept for longer than in memory, such as a file. Events are shown to clients only after
 * they were stored, and those that are no longer in memory are read from here, so nobody ever lags too far behind.
 *
 * It holds the events 1, 2, 3 and so on without holes, as the bytes of the event stream (HTML 9.2.5) that clients get;
 * the channel gives every one its id.
 *
 * One without `append` is filled by others: whoever publishes an event to the channel has put it there before. See
 * `Channel.skip`, too.
 */
export interface ChannelHistory {
  /** The epoch of the ids that it holds. */
  readonly epoch: string;
  /** The sequence number of its oldest event. It may grow. Default 1: it keeps everything. */
  readonly start?: number;
  /** The sequence number that follows its newest event: where the channel goes on. 1 when it is empty. */
  readonly end: number;
  /**
   * Stores the events from `end` to `next - 1`, which become readable. Called again only when the promise is settled.
   * When it rejects, the channel tells it to those who wait for `flushed`, goes on in memory alone, and never calls
   * this again.
   *
   * @param pieces - Event-stream bytes, whole events in each; to be left as they are.
   */
  append?(pieces: readonly Buffer[], next: number): Promise<void>;
  /**
   * Opens a reader of the events from `sequence` on, which is at least 1; `start` may have passed it meanwhile.
   */
  read(sequence: number): HistoryReader;
}

/** Whole events, as bytes. One object may be given to several readers: then they share its compressed form, too. */
export interface HistoryPiece {
  readonly bytes: Buffer;
  /** The sequence number that follows the last of them. */
  readonly next: number;
}

/** A place in a history. */
export interface HistoryReader {
  /**
   * The next events, some 64 KiB of them, or one that is larger. Called again only when the promise is settled, and only
   * when there is another event. When it rejects, those who need the events are told a gap.
   */
  next(): Promise<HistoryPiece>;
  /** Frees what it holds. Nothing is called after this. */
  close(): void;
}
