import type { PublishedEvent } from "../log/published-event.ts";
import type { HistoryReader } from "./history.ts";

/**
 * A log that any number of processes append to, such as a stream in Redis. Its store decides the order of the events
 * and gives them their ids, so that every process shows the same events with the same ids. A client that loses one
 * process resumes on another.
 *
 * A channel with the option `log` shows such a log. The events are 1, 2, 3 and so on without holes. Their ids are
 * `<epoch>-<sequence>`. A store that may have lost events, or that may give a sequence number a second time, must
 * change the epoch: clients then receive a `gap`, never a wrong event.
 *
 * `epoch`, `start`, `end` and `isComplete` are what this process knows. They are loaded before the application receives
 * the log. While the log has a follower, they are kept up to date. They change in the same turn of the event loop in
 * which the followers receive the report, just before it, so that a follower and these properties agree.
 *
 * Several channels may use one log. A channel never closes it; the application does, after its channels.
 */
export interface SharedLog {
  /** The epoch of its event ids. */
  readonly epoch: string;
  /**
   * The sequence number of the oldest event that `read` can return; `end` if the log has no event. It grows when the
   * store removes old events.
   */
  readonly start: number;
  /** The sequence number that follows the newest known event: 1 when the log is new. */
  readonly end: number;
  /** Whether the log was completed: no event follows the newest known one. */
  readonly isComplete: boolean;
  /**
   * Appends an event. The store has the events of one process in the order of its calls.
   *
   * @param event - The data, or an object with `data` and optionally `event`, `retry` and `comment`. The log gives the
   * id.
   * @returns Resolves with the id when the store has the event. Other processes may show it earlier than this one.
   * @throws {TailcastError} Rejects, in bounded time, with `INVALID_EVENT`, `EVENT_TOO_LARGE` or `CHANNEL_CLOSED` (the
   * log is complete or closed) when the event can never be stored; with `LOG_UNAVAILABLE` when it was not stored and
   * can be published again; with `LOG_TIMEOUT` when the store did not answer in time, so that the event may or may not
   * be stored.
   */
  publish(event: PublishedEvent | string): Promise<string>;
  /** Completes the log, for all processes. Rejects as `publish` does. Completing it a second time has no effect. */
  complete(): Promise<void>;
  /**
   * Reports every change from the known state, as it is at the time of the call, until the returned function is called.
   * Reports are made one at a time, never during the call of `follow`. An error of a follower does not affect other
   * followers.
   */
  follow(follower: LogFollower): () => void;
  /**
   * Asks the store for changes. Resolves when this object and its followers have everything that the store had at the
   * time of the call. So a call may share a request that is not sent yet, but not one that is under way. It rejects, in
   * bounded time, with `LOG_UNAVAILABLE` when the store does not answer.
   */
  refresh(): Promise<void>;
  /**
   * Opens a reader that starts at the event `sequence`, which is at least 1 and less than `end`. Its `next` rejects
   * with `LOG_UNAVAILABLE` when the store does not answer: the channel calls `next` again later, and no client loses an
   * event. It rejects with any other error when the event was removed, or when the epoch has changed; `start` or
   * `epoch` is up to date then, and clients receive a `gap`. A piece may contain events that were not reported yet.
   */
  read(sequence: number): HistoryReader;
  /**
   * Releases its resources and stops all reports. The events stay in the store. Pending calls settle; later calls of
   * `publish`, `complete` and `refresh` reject with `CHANNEL_CLOSED`. Closing a log a second time has no effect.
   */
  close(): Promise<void>;
}

/** The object that receives the reports of a {@link SharedLog}. */
export interface LogFollower {
  /** Called when the log has grown. */
  onEvents(events: StoredEvents): void;
  /**
   * Called when the epoch has changed. `epoch`, `start`, `end` and `isComplete` of the log describe the new epoch. Its
   * events before `end` are in the store.
   */
  onReset(): void;
  /**
   * Called when the log has become complete, after all its events, and after `onReset` if the new epoch is complete
   * already.
   */
  onComplete(): void;
  /** Called when the store cannot be reached, or answers with an error, once until it answers again. */
  onFailure(error: unknown): void;
}

/** Consecutive events of a log. */
export interface StoredEvents {
  /**
   * The sequence number of the first of these events. When it is larger than that of the next event that the follower
   * expects, the events in between are in the store, but are not in `texts`.
   */
  readonly first: number;
  /**
   * The events as text of the event stream, each with its line `id:` and its blank line. It may be empty: the store
   * then has all events before `first`.
   */
  readonly texts: readonly string[];
}
