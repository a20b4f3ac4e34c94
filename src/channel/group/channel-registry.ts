import { performance } from "node:perf_hooks";
import { TailcastError } from "../../error.ts";
import { Sweeper } from "../clients/sweeper.ts";
import { isClaimed } from "../history/history-claims.ts";
import { Channel, countWaitingReaders } from "../channel.ts";
import { checkChannelOptions, refuseUniqueEpoch } from "./channel-group-options.ts";
import type { ChannelGroupSettings, ChannelGroupStatistics } from "./channel-group-options.ts";
import type { CloseOptions } from "../options.ts";

/** The channel of a topic. */
interface Entry<Data> {
  readonly topic: string;
  opened: Promise<Channel<Data>>;
  channel: Channel<Data> | undefined;
  /** Whether the channel has a history, which the next channel of the topic may open again. */
  hasHistory: boolean;
  /** Set when the channel is being closed. */
  closing: Promise<void> | undefined;
  lastUsedAt: number;
  /** The number of published events at the last idle check. */
  published: number;
}

/** The part of a group that uses the channels. */
export interface ChannelUser {
  /** Returns whether a channel without clients must stay open. */
  needs(topic: string): boolean;
  /** Called when the channel of a topic starts to close. */
  onClose(topic: string): void;
}

/** The channels of a group by their topics. It opens them on demand, limits their number, and closes idle ones. */
export class ChannelRegistry<Data> {
  readonly #settings: ChannelGroupSettings<Data>;
  readonly #user: ChannelUser;
  readonly #entries = new Map<string, Entry<Data>>();
  /** The entries whose channel is open. */
  readonly #open = new Set<Entry<Data>>();
  /**
   * The entries whose channel is closing while their topic has another one, at most one for each topic. They do not
   * count towards `maxChannels`.
   */
  readonly #replaced = new Map<string, Entry<Data>>();
  readonly #sweeper: Sweeper<Entry<Data>>;
  /** Set when the registry is being closed. */
  #closeOptions: CloseOptions | undefined;
  #closing: Promise<void> | undefined;
  #opened = 0;
  #dropped = 0;
  #refused = 0;

  constructor(settings: ChannelGroupSettings<Data>, user: ChannelUser) {
    this.#settings = settings;
    this.#user = user;
    this.#sweeper = new Sweeper(this.#open, settings.idleTimeout, (entry) => this.#check(entry));
  }

  get statistics(): ChannelGroupStatistics {
    let clients = 0;
    for (const { channel } of this.#open) clients += channel?.clientCount ?? 0;
    const channels = this.#entries.size + this.#replaced.size;
    return { channels, clients, opened: this.#opened, dropped: this.#dropped, refused: this.#refused };
  }

  get isClosed(): boolean {
    return this.#closeOptions !== undefined;
  }

  /** Returns the channel of a topic, and opens one if necessary. Rejects as `ChannelGroup.get`. */
  async get(topic: string): Promise<Channel<Data>> {
    if (this.isClosed) throw new TailcastError("CHANNEL_CLOSED", "Cannot open a channel: the group was closed");
    const current = this.current(topic);
    if (current !== undefined) return await current;
    const last = this.#entries.get(topic);
    if (last === undefined && this.#entries.size >= this.#settings.maxChannels) {
      this.#refused++;
      const message = `Cannot open another channel: the limit of ${this.#settings.maxChannels} channels is reached`;
      throw new TailcastError("TOO_MANY_CHANNELS", message);
    }
    return await this.#add(topic, last).opened;
  }

  /** Returns the channel of a topic that is open or being opened. This counts as a use of it. */
  current(topic: string): Promise<Channel<Data>> | undefined {
    return this.#use(topic)?.opened;
  }

  /** Returns the channel of a topic that is open. This counts as a use of it. */
  find(topic: string): Channel<Data> | undefined {
    return this.#use(topic)?.channel;
  }

  /** Closes the channel of a topic if its log was ended, so that `get` opens a new one. */
  closeEnded(topic: string): void {
    const entry = this.#use(topic);
    if (entry?.channel?.state === "ending") this.#end(entry);
  }

  /** Closes every channel. None opens afterwards. */
  close(options: CloseOptions): Promise<void> {
    this.#closeOptions ??= options;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #add(topic: string, last: Entry<Data> | undefined): Entry<Data> {
    // Two channels must not use one history at the same time. Otherwise, do not wait for clients that do not read.
    const mustWait = last !== undefined && (last.hasHistory || this.#replaced.has(topic));
    if (last !== undefined && !mustWait) this.#replaced.set(topic, last);
    const created = this.#create(topic, mustWait ? last.closing : undefined);
    const opened = created.then(
      ({ channel, hasHistory }) => {
        Object.assign(entry, { channel, hasHistory, lastUsedAt: performance.now() });
        this.#opened++;
        this.#open.add(entry);
        if (this.isClosed) this.#end(entry);
        else if (this.#settings.idleTimeout > 0) this.#sweeper.start();
        return channel;
      },
      (error: unknown) => {
        this.#forget(entry);
        throw error;
      },
    );
    const state = { channel: undefined, hasHistory: false, closing: undefined, lastUsedAt: 0, published: 0 };
    const entry: Entry<Data> = { topic, opened, ...state };
    this.#entries.set(topic, entry);
    return entry;
  }

  /** @param before - Resolves when the previous channel of the topic has closed its history. */
  async #create(
    topic: string,
    before: Promise<void> | undefined,
  ): Promise<{ channel: Channel<Data>; hasHistory: boolean }> {
    await before;
    const options = checkChannelOptions(await this.#settings.optionsOf(topic));
    try {
      refuseUniqueEpoch(options);
      return { channel: new Channel<Data>(options), hasHistory: options.history !== undefined };
    } catch (error) {
      // The function may have returned the history of another topic, whose channel still uses it.
      if (options.history && !isClaimed(options.history)) await options.history.close?.();
      throw error;
    }
  }

  /** Returns the entry of a topic unless its channel is closing, and records its use. */
  #use(topic: string): Entry<Data> | undefined {
    const entry = this.#entries.get(topic);
    if (entry === undefined || this.#isClosing(entry)) return undefined;
    entry.lastUsedAt = performance.now();
    return entry;
  }

  #isClosing(entry: Entry<Data>): boolean {
    const state = entry.channel?.state;
    // The application may have closed the channel.
    if (state === "closing" || state === "closed") this.#end(entry);
    return entry.closing !== undefined;
  }

  #check(entry: Entry<Data>): void {
    const { channel, lastUsedAt, topic } = entry;
    if (channel === undefined || this.#isClosing(entry)) return;
    const now = performance.now();
    // The last client may leave up to one period after this check.
    const dropsAt = lastUsedAt + this.#settings.idleTimeout + this.#sweeper.period;
    const isFollowed = channel.clientCount > 0 || countWaitingReaders(channel) > 0;
    if (isFollowed || channel.unflushedBytes > 0 || this.#user.needs(topic)) {
      entry.lastUsedAt = now;
    } else if (now >= dropsAt) {
      // The application may still publish to a channel that it has a reference to. Check this last, since it costs the
      // most.
      const { published } = channel.statistics;
      if (published !== entry.published) {
        entry.published = published;
        entry.lastUsedAt = now;
      } else {
        this.#dropped++;
        this.#end(entry);
      }
    }
  }

  #end(entry: Entry<Data>): void {
    if (entry.closing !== undefined || entry.channel === undefined) return;
    this.#open.delete(entry);
    if (this.#open.size === 0) this.#sweeper.stop();
    entry.closing = entry.channel.close(this.#closeOptions).then(() => this.#forget(entry));
    this.#user.onClose(entry.topic);
  }

  #forget(entry: Entry<Data>): void {
    for (const entries of [this.#entries, this.#replaced]) {
      if (entries.get(entry.topic) === entry) entries.delete(entry.topic);
    }
  }

  async #close(): Promise<void> {
    const ends = Array.from(this.#entries.values(), async (entry) => {
      await entry.opened.catch(() => undefined);
      this.#end(entry);
      await entry.closing;
    });
    await Promise.all([...ends, ...Array.from(this.#replaced.values(), ({ closing }) => closing)]);
  }
}
