import { Channel } from "../channel/channel.ts";
import { FileHistory } from "../channel/file-history.ts";
import { BuildStream } from "./build-stream.ts";
import { StreamTotals } from "./stream-numbers.ts";
import type { BuildEvent } from "../build/events.ts";
import type { CloseOptions } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/options.ts";
import type { StreamNumbers } from "./stream-numbers.ts";

/** Where the logs of builds are kept. */
export interface LogFiles {
  logPath(buildId: string): string;
  /** 0 when there is none. */
  logBytes(buildId: string): Promise<number>;
}

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
  readonly #files: LogFiles | undefined;
  /** Those of builds that have not ended, or whose log is in memory alone. */
  readonly #live = new Map<string, BuildStream>();
  /** Those that are read from their files. */
  readonly #stored = new Map<string, Promise<Channel | undefined>>();
  readonly #opened = new Map<string, Channel>();
  readonly #totals = new StreamTotals();

  /** @param files Where logs are kept; none: in memory. */
  constructor(options: ChannelOptions, files?: LogFiles) {
    // A build prints in bursts, and a person reads: ten milliseconds nobody sees gather most of a burst into one write.
    this.#options = { coalesceMs: 10, compress: true, ...options };
    this.#files = files;
    this.feed = new Channel(this.#options);
  }

  /** The stream of one build from its first line; `undefined` when there is no such build. */
  async of(buildId: string): Promise<Channel | undefined> {
    const live = this.#live.get(buildId);
    if (live !== undefined || this.#files === undefined) return live?.channel;
    let stored = this.#stored.get(buildId);
    if (stored === undefined) {
      stored = this.#open(buildId, this.#files);
      this.#stored.set(buildId, stored);
      // The next request may have more luck.
      stored.catch(() => this.#stored.delete(buildId));
    }
    return stored;
  }

  /** Publishes what a build tells. See {@link BuildStream.publish} for the promise. */
  publish(event: BuildEvent): void | Promise<void> {
    const buildId = event.type === "line" ? event.buildId : event.build.id;
    let stream = this.#live.get(buildId);
    if (stream === undefined) {
      const history = this.#files && FileHistory.create(this.#files.logPath(buildId), buildId);
      stream = new BuildStream(buildId, this.feed, this.#options, history);
      this.#live.set(buildId, stream);
    }
    const taken = stream.publish(event);
    // From now on the log is read from its file, and what is in memory goes when nobody follows it any more.
    return event.type === "end" ? taken?.then(() => this.forget(buildId)) : taken;
  }

  /** Goes on with the log of a build of an earlier process that has not ended. */
  resume(buildId: string, history: FileHistory): void {
    this.#live.set(buildId, new BuildStream(buildId, this.feed, this.#options, history));
  }

  /** Numbers about the feed, and about the streams of all builds together. */
  get numbers(): { readonly feed: StreamNumbers; readonly build: StreamNumbers } {
    const channels = [...Array.from(this.#live.values(), ({ channel }) => channel), ...this.#opened.values()];
    return { feed: this.feed.statistics, build: this.#totals.sum(channels) };
  }

  /** Drops the stream of a build. Who still follows it gets it to its end. */
  forget(buildId: string): void {
    const channel = this.#live.get(buildId)?.channel ?? this.#opened.get(buildId);
    this.#live.delete(buildId);
    this.#stored.delete(buildId);
    this.#opened.delete(buildId);
    if (channel !== undefined) this.#totals.retire(channel);
  }

  /** Ends every stream; the clients are told when to come back. */
  async close(options?: CloseOptions): Promise<void> {
    const channels = [...this.#opened.values(), ...this.#totals.leaving];
    const builds = [...this.#live.values(), ...channels].map((stream) => stream.close(options));
    // The feed is told what the builds' streams have.
    await Promise.all([...this.#live.values()].map((stream) => stream.fed()));
    await Promise.all([...builds, this.feed.close(options)]);
  }

  async #open(buildId: string, files: LogFiles): Promise<Channel | undefined> {
    if ((await files.logBytes(buildId)) === 0) return undefined;
    const history = await FileHistory.openToRead(files.logPath(buildId), buildId);
    const channel = new Channel({ ...this.#options, history, backlog: "all" });
    channel.end();
    // Unless it was forgotten meanwhile.
    if (this.#stored.has(buildId)) this.#opened.set(buildId, channel);
    return channel;
  }
}
