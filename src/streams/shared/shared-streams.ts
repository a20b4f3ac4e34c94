import { performance } from "node:perf_hooks";
import { Channel } from "../../channel/channel.ts";
import { TailcastError } from "../../error.ts";
import { formatSequenceId } from "../../protocol/sequence-id.ts";
import { LogSearches } from "../search/log-search.ts";
import { StreamTotals } from "../stream-totals.ts";
import { FollowedLines } from "./followed-lines.ts";
import { FEED_TOPIC } from "./log-store.ts";
import { spoolLog } from "./spool.ts";
import type { SharedLog } from "../../channel/history/shared-log.ts";
import type { ChannelOptions, CloseOptions } from "../../channel/options.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { BuildSearch, BuildStreams, LineReader } from "../build-streams.ts";
import type { StreamNumbers } from "../stream-totals.ts";
import type { LogStore } from "./log-store.ts";
import type { Spool } from "./spool.ts";

/** The stream of one build, or the feed, while it is open. */
interface OpenStream {
  readonly log: SharedLog;
  readonly channel: Channel;
  /** The index of its lines; `undefined` until a client needs it. */
  lines: FollowedLines | undefined;
  usedAt: number;
}

/**
 * The streams of builds that other processes run, from shared logs. A stream is opened when a client needs it, and
 * closed when it was idle for some time. Its ids are the same in all processes.
 */
export class SharedStreams implements BuildStreams {
  readonly #logs: LogStore;
  readonly #options: ChannelOptions;
  readonly #idleTimeout: number;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Map<string, Promise<OpenStream>>();
  readonly #streams = new Map<string, OpenStream>();
  readonly #totals = new StreamTotals();
  readonly #searches = new LogSearches();
  #isClosed = false;

  /**
   * @param options - The options of the channels.
   * @param idleTimeout - The time without clients after which a stream is closed, in milliseconds.
   */
  constructor(logs: LogStore, options: ChannelOptions, idleTimeout: number) {
    this.#logs = logs;
    this.#options = { coalesce: 10, compress: true, ...options };
    this.#idleTimeout = idleTimeout;
    this.#timer = setInterval(() => this.#closeIdle(), Math.max(5, idleTimeout / 4)).unref();
  }

  get numbers(): { readonly feed: StreamNumbers; readonly build: StreamNumbers } {
    const feed = this.#streams.get(FEED_TOPIC)?.channel;
    const builds = [...this.#streams.values()].map(({ channel }) => channel).filter((channel) => channel !== feed);
    return { feed: feed?.statistics ?? new StreamTotals().sum([]), build: this.#totals.sum(builds) };
  }

  /** Resolves with the feed of all builds, which stays open. */
  async feed(): Promise<Channel> {
    return (await this.#use(FEED_TOPIC)).channel;
  }

  async of({ id, finishedAt }: BuildRecord): Promise<Channel | undefined> {
    const { log, channel } = await this.#use(id);
    // The store has removed the log of an old build.
    return finishedAt !== null && log.end === 1 ? undefined : channel;
  }

  async linesOf(build: BuildRecord): Promise<LineReader | undefined> {
    if ((await this.of(build)) === undefined) return undefined;
    const stream = await this.#use(build.id);
    return this.#linesOf(stream).upTo(stream.log.end, stream.log.epoch);
  }

  async search(build: BuildRecord, search: BuildSearch): Promise<void> {
    let spool: Spool | undefined;
    const openLog = async () => (spool = await this.#copy(build, search.from)).source;
    try {
      await this.#searches.search({ ...search, openLog });
    } finally {
      await spool?.remove();
    }
  }

  async close(options?: CloseOptions): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await Promise.allSettled(this.#open.values());
    const leaving = this.#totals.leaving.map((channel) => channel.close(options));
    const open = Array.from(this.#streams.values(), (stream) => closeStream(stream, options));
    await Promise.all([...leaving, ...open, this.#searches.close()]);
  }

  /** Returns a stream that is open, and notes its use. */
  async #use(topic: string): Promise<OpenStream> {
    if (this.#isClosed) throw new TailcastError("SHUTTING_DOWN", "Cannot open the stream: the server is shutting down");
    let opening = this.#open.get(topic);
    if (opening === undefined) {
      opening = this.#start(topic);
      this.#open.set(topic, opening);
      // The next request tries again.
      opening.catch(() => this.#open.delete(topic));
    }
    const stream = await opening;
    stream.usedAt = performance.now();
    return stream;
  }

  async #start(topic: string): Promise<OpenStream> {
    const log = await this.#logs.open(topic);
    const backlog = topic === FEED_TOPIC ? 0 : "all";
    const channel = new Channel({ ...this.#options, log, backlog });
    const stream = { log, channel, lines: undefined, usedAt: performance.now() };
    this.#streams.set(topic, stream);
    return stream;
  }

  #linesOf(stream: OpenStream): FollowedLines {
    return (stream.lines ??= new FollowedLines(stream.channel, stream.log.epoch));
  }

  /** Copies the log of a build from the line `from` on. */
  async #copy(build: BuildRecord, from: number): Promise<Spool> {
    if ((await this.of(build)) === undefined) {
      throw new TailcastError("BUILD_NOT_FOUND", `Cannot search the log of the build ${build.id}: it does not exist`);
    }
    const stream = await this.#use(build.id);
    const { epoch, end } = stream.log;
    const start = from === 1 ? 1 : (await this.#linesOf(stream).indexUpTo(end, epoch)).startOf(from);
    const place = start === 1 ? { backlog: "all" as const } : { lastEventId: formatSequenceId(epoch, start - 1) };
    return spoolLog(stream.channel.read({ ...place, until: "now" }), epoch, start);
  }

  #closeIdle(): void {
    const now = performance.now();
    for (const [topic, stream] of this.#streams) {
      if (stream.channel.clientCount > 0) stream.usedAt = now;
      else if (topic !== FEED_TOPIC && now - stream.usedAt >= this.#idleTimeout) {
        this.#open.delete(topic);
        this.#streams.delete(topic);
        this.#totals.retire(stream.channel);
        // A client whose request has just received the channel receives a `retry:`.
        void closeStream(stream).catch(() => undefined);
      }
    }
  }
}

async function closeStream({ log, channel, lines }: OpenStream, options?: CloseOptions): Promise<void> {
  await Promise.all([lines?.close(), channel.close(options)]);
  await log.close();
}
