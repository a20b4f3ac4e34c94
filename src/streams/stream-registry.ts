import { Channel } from "../channel/channel.ts";
import { FileHistory } from "../channel/history/file-history.ts";
import { TailcastError } from "../error.ts";
import { BuildLog } from "./build-log.ts";
import { Feed } from "./feed/feed.ts";
import { BuildLines } from "./lines/build-lines.ts";
import { LineIndexes } from "./lines/line-indexes.ts";
import { LogSearches } from "./search/log-search.ts";
import { isLogEnded } from "./stored-log.ts";
import { StreamTotals } from "./stream-totals.ts";
import type { BuildEvent } from "../runner/events.ts";
import type { BuildRecord } from "../runner/record.ts";
import type { ChannelHistory } from "../channel/history/history.ts";
import type { ChannelOptions, CloseOptions } from "../channel/options.ts";
import type { BuildSearch, BuildStreams } from "./build-streams.ts";
import type { FeedJournal } from "./feed/journal.ts";
import type { LineIndex } from "./lines/line-index.ts";
import type { CompleteLog, IndexFiles } from "./lines/line-indexes.ts";
import type { LogSource } from "./search/log-pieces.ts";
import type { StreamNumbers } from "./stream-totals.ts";

/** The files of the builds' logs, and of their indexes. */
export interface LogFiles extends IndexFiles {
  logPath(buildId: string): string;
  /** 0 when the log does not exist. */
  logBytes(buildId: string): Promise<number>;
}

/**
 * Connects the runner to the channels: the events of a build become events of its stream and of the feed of all
 * builds.
 */
export class StreamRegistry implements BuildStreams {
  readonly #feed: Feed;
  readonly #onError: (error: unknown) => void;
  readonly #options: ChannelOptions;
  readonly #files: LogFiles | undefined;
  /** The streams of builds that have not ended, or whose log is only in memory. */
  readonly #live = new Map<string, BuildLog>();
  /** The streams that are read from their files. */
  readonly #stored = new Map<string, Promise<CompleteLog | undefined>>();
  readonly #opened = new Map<string, Channel>();
  readonly #totals = new StreamTotals();
  /** The indexes of the logs that are read from their files. */
  readonly #indexes: LineIndexes | undefined;
  readonly #searches = new LogSearches();

  /** @param storage - Where the logs and the feed are stored. Default: in memory. */
  constructor(
    options: ChannelOptions,
    onError: (error: unknown) => void,
    storage?: { readonly store: LogFiles; readonly journal: FeedJournal },
  ) {
    // A build prints in bursts. A window of ten milliseconds combines most of a burst into one write, and users do not
    // notice the delay.
    this.#options = { coalesce: 10, compress: true, ...options };
    this.#files = storage?.store;
    this.#indexes = storage && new LineIndexes(storage.store);
    this.#onError = onError;
    this.#feed = new Feed(
      this.#options,
      onError,
      storage && { journal: storage.journal, openLog: (buildId) => this.#openLog(buildId) },
    );
  }

  /** The feed of all builds. Clients without a last event id receive only new events. */
  async feed(): Promise<Channel> {
    await this.#feed.flush();
    return this.#feed.channel;
  }

  /** Returns the stream of one build from its first line; `undefined` when it has no log. */
  async of(build: BuildRecord): Promise<Channel | undefined> {
    return this.#live.get(build.id)?.channel ?? (await this.#completeLog(build))?.channel;
  }

  /** Returns the lines of one build by number; `undefined` when it has no log. */
  async linesOf(build: BuildRecord): Promise<BuildLines | undefined> {
    const { id } = build;
    const live = this.#live.get(id);
    if (live !== undefined) return new BuildLines(live.channel, id, live.index);
    const log = await this.#completeLog(build);
    return log && this.#indexes && new BuildLines(log.channel, id, await this.#indexes.of(id, log));
  }

  /**
   * Searches the lines of one build that are stored now. See {@link LogSearches.search}.
   *
   * @throws {TailcastError} `BUILD_NOT_FOUND` when the build has no log.
   */
  async search({ id }: BuildRecord, search: BuildSearch): Promise<void> {
    try {
      await this.#searches.search({ ...search, openLog: () => this.#logSource(id, search.from) });
    } catch (error) {
      // The build was removed meanwhile.
      throw (error as NodeJS.ErrnoException).code === "ENOENT" ? noLog(id) : error;
    }
  }

  /** Publishes an event of a build. See {@link BuildLog.publish} for the promise. */
  publish(event: BuildEvent): void | Promise<void> {
    const buildId = "buildId" in event ? event.buildId : event.build.id;
    let stream = this.#live.get(buildId);
    if (stream === undefined) {
      const history = this.#files && FileHistory.create(this.#files.logPath(buildId), buildId);
      stream = this.#begin(buildId, history);
    }
    const published = stream.publish(event);
    if (stream.history === undefined) this.#feed.publish(event);
    // After its end, the log is read from its file. The memory is released when the last client leaves.
    return event.type === "end" ? published?.then(() => this.#complete(buildId)) : published;
  }

  /**
   * Continues the log of a build of an earlier process that has not ended.
   *
   * @param index - The index of all its events.
   */
  resume(buildId: string, history: FileHistory, index: LineIndex): void {
    this.#begin(buildId, history, index);
  }

  /** Called when every build of an earlier process has ended or is queued again. */
  endRecovery(): void {
    this.#feed.endRecovery();
  }

  /** The statistics of the feed, and the sum of those of all builds' streams. */
  get numbers(): { readonly feed: StreamNumbers; readonly build: StreamNumbers } {
    const channels = [...Array.from(this.#live.values(), ({ channel }) => channel), ...this.#opened.values()];
    return { feed: this.#feed.channel.statistics, build: this.#totals.sum(channels) };
  }

  /** Drops the stream of a build whose log is being removed. Connected clients receive the rest. */
  forget(buildId: string): void {
    this.#drop(buildId);
    this.#indexes?.forget(buildId);
    void this.#feed.forget(buildId).catch(this.#onError);
  }

  #begin(buildId: string, history: FileHistory | undefined, index?: LineIndex): BuildLog {
    const stream = new BuildLog(buildId, this.#options, history, index);
    this.#live.set(buildId, stream);
    if (history !== undefined) this.#feed.follow(buildId, stream.channel);
    return stream;
  }

  /** Drops the stream of a build that has ended, which is stored. */
  #complete(buildId: string): void {
    const { history, index } = this.#live.get(buildId) ?? {};
    if (history !== undefined && index !== undefined) {
      void this.#indexes?.save(buildId, index, { end: history.end, bytes: history.size });
    }
    this.#drop(buildId);
  }

  #drop(buildId: string): void {
    const channel = this.#live.get(buildId)?.channel ?? this.#opened.get(buildId);
    this.#live.delete(buildId);
    this.#stored.delete(buildId);
    this.#opened.delete(buildId);
    if (channel !== undefined) this.#totals.retire(channel);
  }

  /** Ends every stream with a time to reconnect. */
  async close(options?: CloseOptions): Promise<void> {
    this.#indexes?.close();
    const channels = [...this.#opened.values(), ...this.#totals.leaving];
    const builds = [...this.#live.values(), ...channels].map((stream) => stream.close(options));
    await Promise.all([...builds, this.#feed.close(options), this.#searches.close()]);
  }

  async #openLog(buildId: string): Promise<ChannelHistory> {
    const live = this.#live.get(buildId)?.history;
    if (live !== undefined) return live;
    if (this.#files === undefined) throw new Error(`The log of the build ${buildId} is not stored`);
    return FileHistory.openToRead(this.#files.logPath(buildId), buildId);
  }

  /** Opens the log of a build that has ended, if it is not open; `undefined` when it has no log. */
  async #completeLog(build: BuildRecord): Promise<CompleteLog | undefined> {
    if (this.#files === undefined) return undefined;
    let stored = this.#stored.get(build.id);
    if (stored === undefined) {
      stored = this.#open(build, this.#files);
      this.#stored.set(build.id, stored);
      // The next request tries again.
      stored.catch(() => this.#stored.delete(build.id));
    }
    return stored;
  }

  /** @param from - The number of the first line that is searched. */
  async #logSource(buildId: string, from: number): Promise<LogSource> {
    const live = this.#live.get(buildId);
    const index = live?.index ?? this.#indexes?.known(buildId);
    if (this.#files !== undefined) {
      const size = live?.history?.size ?? (await this.#files.logBytes(buildId));
      if (live !== undefined || size > 0) {
        return { path: this.#files.logPath(buildId), epoch: buildId, size, start: index?.startOf(from) };
      }
    } else if (live !== undefined) {
      return { bytes: await allBytes(live.channel.read({ backlog: "all", until: "now" })) };
    }
    throw noLog(buildId);
  }

  async #open(build: BuildRecord, files: LogFiles): Promise<CompleteLog | undefined> {
    const { id } = build;
    if ((await files.logBytes(id)) === 0) return undefined;
    const history = await FileHistory.openToRead(files.logPath(id), id);
    const channel = new Channel({ ...this.#options, history, backlog: "all" });
    const { end, size: bytes } = history;
    // If the log is incomplete because storing failed, clients receive at least the end of the build, from memory.
    if (!(await isLogEnded(history))) channel.publish({ event: "end", data: JSON.stringify(build) });
    channel.end();
    // The build may have been removed meanwhile.
    if (this.#stored.has(id)) this.#opened.set(id, channel);
    return { channel, end, bytes };
  }
}

function noLog(buildId: string): TailcastError {
  return new TailcastError("BUILD_NOT_FOUND", `Cannot search the log of the build ${buildId}: it does not exist`);
}

/** Copies pieces into one buffer, which can be moved to another thread. */
async function allBytes(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const piece of all) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}
