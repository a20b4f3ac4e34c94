/**
 * Where the log of a channel is kept for longer than in memory, such as a file. Events are shown to clients only after
 * they were stored, and events that are no longer in memory are read from here, so that no client lags too far behind.
 *
 * It holds the events 1, 2, 3 and so on without holes, as the bytes of the event stream (HTML 9.2.5) that clients get,
 * with the line `id: <epoch>-<sequence>` of each event and the blank line at its end. Readers return the same bytes.
 *
 * The channel reads `epoch`, `start` and `end` synchronously: a history in a remote store loads them before the channel
 * is created, as `FileHistory.open` does, and keeps `start` up to date. One channel writes to a history at a time.
 *
 * A history without `append` is filled by the application, which puts an event there before it publishes it to the
 * channel. See also `Channel.skip`.
 */
export interface ChannelHistory {
  /** The epoch of the ids that it holds. */
  readonly epoch: string;
  /** The sequence number of its oldest event. It grows when old events are removed. Default 1: it keeps everything. */
  readonly start?: number;
  /** The sequence number that follows its newest event: 1 when it is empty, never 0. A new channel continues there. */
  readonly end: number;
  /**
   * Stores the events from `end` to `next - 1`, which become readable. Called again only when the promise is settled.
   * When it rejects, the channel continues in memory alone and never calls this again. `flushed()` rejects with the
   * error then, `statistics.historyFailures` counts it, and `tailcast:history` publishes it.
   *
   * @param pieces - Event-stream bytes, whole events in each. The channel sends the same Buffers to clients, so they
   * must not be changed.
   */
  append?(pieces: readonly Buffer[], next: number): Promise<void>;
  /**
   * Opens a reader of the events from `sequence` on, which is at least 1 and below `end`. If `start` has passed it in
   * the meantime, the reader's `next` must reject. Each client that needs events that are no longer in memory, and each
   * `Channel.read`, has a reader of its own, so thousands may be open; for clients, at most `maxCatchUps` calls of
   * `next` are under way at once. An error that `read` throws counts as a rejection of `next`.
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
   * The next events, beginning exactly where the last piece ended: about 64 KiB, or one larger event. Called again only
   * when the promise is settled, and only when there is another event. When it rejects, the channel closes the reader,
   * and its client receives a gap and continues with the oldest event that is kept.
   */
  next(): Promise<HistoryPiece>;
  /** Frees what it holds. Nothing is called after this. An error is counted and published, and affects no client. */
  close(): void;
}
