import { performance } from "node:perf_hooks";
import { FlushSchedule } from "./flush-schedule.ts";
import { HistoryWriter } from "../history/history-writer.ts";
import type { EventLog } from "./event-log.ts";
import type { PublishedEvent } from "./published-event.ts";
import type { ChannelSettings } from "../settings.ts";

/**
 * Passes events from `publish` to the clients: it collects the events of one turn of the event loop, or of a window,
 * stores them if the channel has a history, and then makes them visible.
 */
export class Publisher {
  readonly #log: EventLog;
  readonly #onShow: (now: number) => void;
  readonly #schedule: FlushSchedule;
  readonly #writer: HistoryWriter | undefined;
  readonly #isHurried: () => boolean;
  /** Whether the log has skipped events, and the clients do not read them from the store yet. */
  #hasSkipped = false;

  /**
   * @param listener - `onShow` is called when clients can see more events, before the oldest events are removed;
   * `onFailure` when the history cannot store an event. `isHurried`: whether events must not wait for a window.
   */
  constructor(
    log: EventLog,
    { coalesce, history }: ChannelSettings,
    listener: {
      readonly onShow: (now: number) => void;
      readonly onFailure: (error: unknown) => void;
      readonly isHurried: () => boolean;
    },
  ) {
    this.#log = log;
    this.#onShow = listener.onShow;
    this.#isHurried = listener.isHurried;
    this.#schedule = new FlushSchedule(coalesce, () => this.flush());
    const append = history?.append?.bind(history);
    this.#writer = append && new HistoryWriter(append, log, () => this.#continue(), listener.onFailure);
  }

  /** Appends an event to the log and returns its id. */
  append(event: PublishedEvent): string {
    const id = this.#log.append(event);
    if (this.#log.isSegmentFull) this.flush();
    else this.#schedule.request();
    return id;
  }

  /**
   * Appends events of a shared log, which its store contains already.
   *
   * @param first - The sequence number of the first event. When it is too large, only the store has the events before.
   * @param texts - The encoded events. Events that the log has already are ignored.
   */
  appendStored(first: number, texts: readonly string[]): void {
    const expected = this.#log.published + 1;
    if (first > expected) {
      this.#reveal();
      this.#log.skip(first - expected);
      this.#hasSkipped = true;
    }
    for (const text of first < expected ? texts.slice(expected - first) : texts) {
      this.#log.appendText(text);
      if (this.#log.isSegmentFull) this.flush();
    }
    if (this.#hasSkipped || !this.#log.isAllVisible) this.#schedule.request();
  }

  /** Makes published events visible: immediately, or, with a history, when they are stored. */
  flush(): void {
    if (this.#writer !== undefined) this.#writer.write();
    else if (this.#reveal() || this.#hasSkipped) this.#show();
  }

  /** Makes published events visible, and then `count` events that only the history contains. */
  skip(count: number): void {
    this.flush();
    this.#log.skip(count);
    this.#show();
  }

  /** Resolves when all events published so far are visible. Rejects when the history cannot store them. */
  async flushed(): Promise<void> {
    this.flush();
    await this.#writer?.stored();
  }

  /** Makes published events visible. Returns whether there were any. */
  #reveal(): boolean {
    if (!this.#log.seal()) return false;
    this.#log.reveal();
    return true;
  }

  #show(): void {
    this.#hasSkipped = false;
    const now = performance.now();
    this.#schedule.note(now);
    this.#onShow(now);
    // Evict last, so that clients that keep up have already received the oldest events.
    this.#log.evict();
  }

  /** Continues after a write to the history. The application may have published more events meanwhile. */
  #continue(): void {
    this.#show();
    if (this.#log.isAllVisible) return;
    if (this.#isHurried() || this.#log.isSegmentFull) this.flush();
    else this.#schedule.request();
  }
}
