import { Channel } from "../channel/channel.ts";
import { hintData, lineData } from "./line-data.ts";
import { LineIndex } from "./lines/line-index.ts";
import type { BuildEvent } from "../runner/events.ts";
import type { FileHistory } from "../channel/history/file-history.ts";
import type { ChannelOptions, CloseOptions } from "../channel/options.ts";

/** The maximum size of one build's log in memory, in bytes, without and with a file. */
const MEMORY_LOG_BYTES = 8 * 1024 * 1024;
const TAIL_BYTES = 1024 * 1024;

/** The maximum number of bytes that wait to be stored. Above it, the command of the build is paused. */
const MAX_UNSTORED_BYTES = 1024 * 1024;

/** The stream of one build, from its first line. */
export class BuildLog {
  readonly channel: Channel;
  readonly history: FileHistory | undefined;
  /** The index of all published events. */
  readonly index: LineIndex;
  /** Whether the last published state was `queued`. */
  #isWaiting = false;

  /**
   * @param history - The file of the log. Default: the log is in memory.
   * @param index - The index of the events in the file. Default: the file has no events.
   */
  constructor(buildId: string, options: ChannelOptions, history?: FileHistory, index: LineIndex = new LineIndex()) {
    this.history = history;
    this.index = index;
    // The epoch of the log is the build's id, so that an event id of one build is invalid in the stream of another.
    const log =
      history === undefined
        ? { uniqueEpoch: buildId, capacityBytes: MEMORY_LOG_BYTES }
        : { history, capacityBytes: TAIL_BYTES };
    this.channel = new Channel({ ...options, ...log, backlog: "all" });
  }

  /**
   * Publishes an event of a build. If it returns a promise for a line, the build's command is paused until the promise
   * settles. For a change of state, the promise resolves when the change is on disk, and rejects when storing the log
   * fails.
   */
  publish(event: BuildEvent): void | Promise<void> {
    if (event.type === "line") {
      this.channel.publish({ event: "line", data: lineData(event) });
      this.index.add(event);
      if (this.history?.failure !== undefined) return Promise.reject(this.history.failure);
      return this.channel.unflushedBytes > MAX_UNSTORED_BYTES ? this.channel.flushed() : undefined;
    }
    if (event.type === "hint") {
      this.channel.publish({ event: "hint", data: hintData(event) });
      this.index.skip();
      return undefined;
    }
    this.channel.publish({ event: event.type, data: JSON.stringify(event.build) });
    this.index.addState(event.build);
    if (event.type === "end") this.channel.end();
    if (this.history === undefined) return undefined;
    // A new position in the queue need not survive a power cut.
    const hasMoved = event.build.status === "queued" && this.#isWaiting;
    this.#isWaiting = event.build.status === "queued";
    return hasMoved ? this.channel.flushed() : this.#sync(this.history, event.type === "end");
  }

  /** Resolves when all published events are on disk. */
  async #sync(history: FileHistory, isEnd: boolean): Promise<void> {
    try {
      await this.channel.flushed();
      await history.sync();
    } finally {
      if (isEnd) await history.close();
    }
  }

  /** Closes the stream without an `end` event, so that a later process can continue it. */
  async close(options?: CloseOptions): Promise<void> {
    await this.channel.close(options);
  }
}
