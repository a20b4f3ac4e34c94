import { Channel } from "../channel/channel.ts";
import { feedLine } from "./plain-text.ts";
import { StreamTotals } from "./stream-numbers.ts";
import type { BuildEvent } from "../build/events.ts";
import type { CloseOptions } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/options.ts";
import type { StreamNumbers } from "./stream-numbers.ts";

/** How much of one build's log is kept, in bytes. */
const BUILD_LOG_BYTES = 8 * 1024 * 1024;

/**
 * Where a build's output meets the channels, and the only such place: what a build tells becomes events of its own
 * stream and of the feed of everything.
 */
export class BuildStreams {
  /**
   * Everything as it happens: lines of text as default messages, and each build's JSON as `build` when its state
   * changes.
   */
  readonly feed: Channel;
  readonly #options: ChannelOptions;
  readonly #channels = new Map<string, Channel>();
  readonly #totals = new StreamTotals();

  constructor(options: ChannelOptions) {
    // A build prints in bursts, and a person reads: ten milliseconds nobody sees gather most of a burst into one write.
    this.#options = { coalesceMs: 10, compress: true, ...options };
    this.feed = new Channel(this.#options);
  }

  /** The stream of one build from its first line; `undefined` when there is no such build. */
  of(buildId: string): Channel | undefined {
    return this.#channels.get(buildId);
  }

  publish(event: BuildEvent): void {
    switch (event.type) {
      case "line": {
        const { number, step, stream, text, time } = event;
        this.#channel(event.buildId).publish({ event: "line", data: JSON.stringify({ number, step, stream, text, time }) });
        this.feed.publish(feedLine(time, text));
        break;
      }
      case "build":
      case "end": {
        const data = JSON.stringify(event.build);
        const channel = this.#channel(event.build.id);
        channel.publish({ event: event.type, data });
        this.feed.publish({ event: "build", data });
        if (event.type === "end") channel.end();
      }
    }
  }

  /** Numbers about the feed, and about the streams of all builds together. */
  get numbers(): { readonly feed: StreamNumbers; readonly build: StreamNumbers } {
    return { feed: this.feed.statistics, build: this.#totals.sum(this.#channels.values()) };
  }

  /** Drops the stream of a build that nobody can ask for any more. Who still follows it gets it to its end. */
  forget(buildId: string): void {
    const channel = this.#channels.get(buildId);
    if (channel !== undefined) this.#totals.retire(channel);
    this.#channels.delete(buildId);
  }

  /** Ends every stream; the clients are told when to come back. */
  async close(options?: CloseOptions): Promise<void> {
    await Promise.all([this.feed, ...this.#channels.values()].map((channel) => channel.close(options)));
  }

  #channel(buildId: string): Channel {
    let channel = this.#channels.get(buildId);
    if (channel === undefined) {
      // The build's id names its log: an id seen in one build's stream means nothing in another's.
      const options = { ...this.#options, epoch: buildId, backlog: "all" as const, capacityBytes: BUILD_LOG_BYTES };
      channel = new Channel(options);
      this.#channels.set(buildId, channel);
    }
    return channel;
  }
}
