import { Channel } from "../channel/channel.ts";
import { lineData } from "./line-data.ts";
import { feedLine } from "./plain-text.ts";
import type { BuildEvent } from "../build/events.ts";
import type { CloseOptions } from "../channel/channel.ts";
import type { FileHistory } from "../channel/file-history.ts";
import type { PublishedEvent } from "../channel/log.ts";
import type { ChannelOptions } from "../channel/options.ts";

/** How much of one build's log is in memory, in bytes: all that is kept, or the newest of what is in its file. */
const MEMORY_LOG_BYTES = 8 * 1024 * 1024;
const TAIL_BYTES = 1024 * 1024;

/** How much may wait to be stored before the build's command has to wait, in bytes. */
const MAX_UNSTORED_BYTES = 1024 * 1024;

/** The stream of one build, from its first line, and its share of the feed. */
export class BuildStream {
  readonly channel: Channel;
  readonly #feed: Channel;
  readonly #history: FileHistory | undefined;
  /** What the feed gets when this build's own stream has it. */
  #forFeed: (PublishedEvent | string)[] = [];
  #feeding: Promise<void> | undefined;
  /** It was told that the build waits. */
  #isWaiting = false;
  /** Why the log cannot be stored, once that is so. */
  #failure: unknown;

  /** @param history Where the log is kept; none: in memory. */
  constructor(buildId: string, feed: Channel, options: ChannelOptions, history?: FileHistory) {
    this.#feed = feed;
    this.#history = history;
    // The build's id names its log: an id seen in one build's stream means nothing in another's.
    const log = { epoch: buildId, capacityBytes: history === undefined ? MEMORY_LOG_BYTES : TAIL_BYTES, history };
    this.channel = new Channel({ ...options, ...log, backlog: "all" });
  }

  /**
   * Publishes what a build tells. A promise that is returned for a line holds its command back. For a change of state
   * it resolves when that has reached the disk; it rejects when the log could not be stored.
   */
  publish(event: BuildEvent): void | Promise<void> {
    if (event.type === "line") {
      this.channel.publish({ event: "line", data: lineData(event) });
      this.#tellFeed(feedLine(event.time, event.text));
      if (this.#failure !== undefined) return Promise.reject(this.#failure as Error);
      return this.channel.unflushedBytes > MAX_UNSTORED_BYTES ? this.channel.flushed() : undefined;
    }
    const data = JSON.stringify(event.build);
    this.channel.publish({ event: event.type, data });
    this.#tellFeed({ event: "build", data });
    if (event.type === "end") this.channel.end();
    if (this.#history === undefined) return undefined;
    // Another position in the queue is nothing that must survive a power cut.
    const hasMoved = event.build.status === "queued" && this.#isWaiting;
    this.#isWaiting = event.build.status === "queued";
    return hasMoved ? this.channel.flushed() : this.#settle(this.#history, event.type === "end");
  }

  async #settle(history: FileHistory, isEnd: boolean): Promise<void> {
    try {
      await this.channel.flushed();
      await history.sync();
    } finally {
      if (isEnd) await history.close();
    }
  }

  #tellFeed(event: PublishedEvent | string): void {
    if (this.#history === undefined) {
      this.#feed.publish(event);
      return;
    }
    this.#forFeed.push(event);
    this.#feeding ??= this.#feedOn().finally(() => (this.#feeding = undefined));
  }

  /** Resolves when the feed has what this stream has. */
  async fed(): Promise<void> {
    await this.#feeding;
  }

  /** Ends the stream where it is: a later process goes on with it. */
  async close(options?: CloseOptions): Promise<void> {
    await this.channel.close(options);
    await this.#history?.close();
  }

  /** Nobody sees in the feed what is not stored yet. When it cannot be stored, it is shown all the same. */
  async #feedOn(): Promise<void> {
    while (this.#forFeed.length > 0) {
      const events = this.#forFeed;
      this.#forFeed = [];
      await this.channel.flushed().catch((error: unknown) => (this.#failure = error));
      for (const event of events) this.#feed.publish(event);
    }
  }
}
