import { performance } from "node:perf_hooks";
import { FlushSchedule } from "./flush-schedule.ts";
import { HistoryWriter } from "../history/history-writer.ts";
import type { EventLog, PublishedEvent } from "./event-log.ts";
import type { ChannelSettings } from "../settings.ts";

/**
 * The way of an event from `publish` to the clients: events gather for a turn of the event loop, or a window, are
 * stored if there is a history, and then shown.
 */
export class Publisher {
  readonly #log: EventLog;
  readonly #onShow: (now: number) => void;
  readonly #schedule: FlushSchedule;
  readonly #writer: HistoryWriter | undefined;
  readonly #isHurried: () => boolean;

  /**
   * @param listener - `onShow` is called when clients can see more, before the oldest events are forgotten; `onFailure`
   * when the history could not store an event. `isHurried`: whether events no longer wait for a window.
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

  /** Shows what was published: at once, or, with a history, as soon as it is stored. */
  flush(): void {
    if (this.#writer !== undefined) {
      this.#writer.write();
    } else if (this.#log.seal()) {
      this.#log.reveal();
      this.#show();
    }
  }

  /** Shows what was published, and then events that only the history has. */
  skip(count: number): void {
    this.flush();
    this.#log.skip(count);
    this.#show();
  }

  /** Resolves when everything published so far is shown. Rejects when the history could not store it. */
  async flushed(): Promise<void> {
    this.flush();
    await this.#writer?.stored();
  }

  #show(): void {
    const now = performance.now();
    this.#schedule.note(now);
    this.#onShow(now);
    // Not before: a client that keeps up has been sent everything when the oldest events go.
    this.#log.evict();
  }

  /** The history has stored what it was given; meanwhile more may have been published. */
  #continue(): void {
    this.#show();
    if (this.#log.isAllVisible) return;
    if (this.#isHurried() || this.#log.isSegmentFull) this.flush();
    else this.#schedule.request();
  }
}
