/**
 * A store for the log of a channel, such as a file, which keeps events longer than memory does. Clients receive events
 * only after they are stored. Clients that lag receive older events from the store.
 *
 * It contains the events 1, 2, 3 and so on without holes, as the bytes of the event stream (HTML 9.2.5) that clients
 * receive, with the line `id: <epoch>-<sequence>` of each event and the blank line at its end. Readers return the same
 * bytes.
 *
 * The channel reads `epoch`, `start` and `end` synchronously: a history in a remote store must load them before the
 * channel is created, as `FileHistory.open` does, and must keep `start` up to date. Only one channel writes to a
 * history at a time.
 *
 * The application fills a history without `append`: it stores each event there before it publishes the event to the
 * channel. See also `Channel.skip`.
 */
export interface ChannelHistory {
  /** The epoch of its event ids. */
  readonly epoch: string;
  /** The sequence number of its oldest event. It grows when old events are removed. Default 1: it keeps everything. */
  readonly start?: number;
  /** The sequence number that follows its newest event: 1 when it is empty, never 0. A new channel continues there. */
  readonly end: number;
  /**
   * Stores the events from `end` to `next - 1`, which readers can then read. The channel calls it again only after the
   * promise has settled. When it rejects, the channel continues only in memory and does not call it again. `flushed()`
   * then rejects with the error, `statistics.historyFailures` counts it, and `tailcast:history` publishes it.
   *
   * @param pieces - Event-stream bytes, whole events in each. The channel sends the same Buffers to clients, so
   * `append` must not change them.
   */
  append?(pieces: readonly Buffer[], next: number): Promise<void>;
  /**
   * Opens a reader that starts at the event `sequence`, which is at least 1 and less than `end`. If that event has been
   * removed in the meantime, the reader's `next` must reject. Each client that needs events that are no longer in
   * memory, and each `Channel.read`, has its own reader, so thousands may be open; for clients, at most `maxCatchUps`
   * calls of `next` run at the same time. If `read` throws, the channel handles the error like a rejection of `next`.
   */
  read(sequence: number): HistoryReader;
  /** Releases resources such as an open file. Called once, after the channel was closed. */
  close?(): Promise<void> | void;
}

/** The part of a store that readers need: of a {@link ChannelHistory}, or of a shared log. */
export type EventStore = Pick<ChannelHistory, "epoch" | "start" | "end" | "read">;

/** Whole events, as bytes. Several readers may return the same object: its compressed form is then shared as well. */
export interface HistoryPiece {
  readonly bytes: Buffer;
  /** The sequence number that follows the last event. */
  readonly next: number;
}

/** A reader of a history. It has a position. */
export interface HistoryReader {
  /**
   * Returns the next events, starting exactly after the last piece: about 64 KiB, or one larger event. The channel
   * calls it again only after the promise has settled, and only when there is another event.
   *
   * When it rejects with an error that has the code `LOG_UNAVAILABLE`, the channel calls it again later, and the client
   * waits. When it rejects with another error, the channel closes the reader, and its client receives a `gap` and
   * continues with the oldest kept event.
   */
  next(): Promise<HistoryPiece>;
  /**
   * Releases its resources. The channel does not use the reader afterwards, but a call of `next` may be under way. The
   * channel counts and publishes an error, which does not affect clients.
   */
  close(): void;
}
