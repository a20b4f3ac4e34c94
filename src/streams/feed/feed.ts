import { Channel } from "../../channel/channel.ts";
import { parseSequenceId } from "../../protocol/sequence-id.ts";
import { BuildLabels, buildLabel } from "./build-labels.ts";
import { feedEvent } from "./feed-event.ts";
import { FeedHistory } from "./history.ts";
import { feedLine } from "./feed-line.ts";
import { hintData } from "../line-data.ts";
import { RunningBuilds } from "./running-builds.ts";
import { SingleWriter } from "../../runner/store/single-writer.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { ChannelOptions, CloseOptions } from "../../channel/options.ts";
import type { DecodedEvent } from "../../protocol/decode.ts";
import type { OpenLog } from "./build-labels.ts";
import type { FeedOrder } from "./history.ts";
import type { FeedAddition } from "./journal.ts";

const ID = "\nid: ";
const GAP = Buffer.from("event: gap\n");

/**
 * The delay before events that no client reads are counted, in milliseconds. A write for each batch would cost a fifth
 * more.
 */
const COUNT_DELAY = 100;

/** The next events of the feed, from the stream of one build. */
interface Batch extends FeedAddition {
  readonly isShared: boolean;
  /** `undefined` when no client reads the feed now. */
  readonly events: (() => readonly DecodedEvent[]) | undefined;
}

/** The storage of a feed that is stored. */
export interface FeedStorage {
  /** See `FeedJournal`. */
  readonly journal: FeedOrder & {
    /** The builds that an earlier process has left running. Default: none. */
    readonly running?: readonly string[] | undefined;
    add(additions: readonly FeedAddition[]): Promise<void>;
    close(): Promise<void>;
  };
  readonly openLog: OpenLog;
}

/**
 * The feed of all builds: lines of text as default messages, and the JSON of each build as `build` when its state
 * changes. While more than one build is running, each line names its build.
 *
 * If builds are stored, the feed follows the stream of each build like a client. So it contains only stored events, and
 * continues at the same position in each stream after a restart. While no client reads the feed, it only counts events:
 * clients that reconnect, or resume reading, receive the events from the logs of the builds.
 */
export class Feed {
  readonly channel: Channel;
  readonly #journal: FeedStorage["journal"] | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #following = new Map<string, Promise<void>>();
  readonly #running: RunningBuilds;
  readonly #labels: BuildLabels | undefined;
  /** The labels of running builds that are not stored. */
  readonly #names = new Map<string, string>();
  #batches: Batch[] = [];
  readonly #writer = new SingleWriter(() => this.#writeBatches());
  #timer: NodeJS.Timeout | undefined;

  /** @param onError - Called with unexpected errors. The feed continues without the build that caused the error. */
  constructor(options: ChannelOptions, onError: (error: unknown) => void, storage?: FeedStorage) {
    this.#journal = storage?.journal;
    this.#onError = onError;
    this.#running = new RunningBuilds(storage?.journal.running);
    this.#labels = storage && new BuildLabels(storage.openLog);
    const history = storage && new FeedHistory(storage.journal, storage.openLog, this.#labels);
    this.channel = new Channel({ ...options, history });
  }

  /** Publishes an event of a build that is not stored. */
  publish(event: BuildEvent): void {
    if (event.type === "line") {
      const label = this.#running.areShared ? this.#names.get(event.buildId) : undefined;
      const data = feedLine(event.time, event.text, label);
      this.channel.publish(event.open === true ? { event: "open", data } : data);
      return;
    }
    if (event.type === "hint") {
      this.channel.publish({ event: "hint", data: hintData(event) });
      return;
    }
    const { build } = event;
    this.#running.note(build);
    if (event.type === "end") this.#names.delete(build.id);
    else this.#names.set(build.id, buildLabel(build));
    this.channel.publish({ event: "build", data: JSON.stringify(build) });
  }

  /** Publishes the events of a stored build's stream, starting with the first event that is not in the feed. */
  follow(buildId: string, stream: Channel): void {
    const following = this.#follow(buildId, stream)
      .catch(this.#onError)
      .finally(() => {
        this.#following.delete(buildId);
        this.#running.forget(buildId);
      });
    this.#following.set(buildId, following);
  }

  /** Treats running builds of an earlier process as ended if this process could not take them over. */
  endRecovery(): void {
    for (const id of this.#running.ids) {
      if (!this.#following.has(id)) this.#running.forget(id);
    }
  }

  /** Removes a build whose log was removed, and every event of the feed up to the last one of that build. */
  async forget(buildId: string): Promise<void> {
    await this.#following.get(buildId);
    await this.flush();
    this.#journal?.ranges.forget(buildId);
  }

  /** Ends the feed when it contains all events of the builds' streams. The caller must close these streams as well. */
  async close(options?: CloseOptions): Promise<void> {
    while (this.#following.size > 0) await Promise.all(this.#following.values());
    await this.flush();
    await Promise.all([this.channel.close(options), this.#journal?.close()]);
  }

  async #follow(buildId: string, stream: Channel): Promise<void> {
    let last = this.#journal?.ranges.reached(buildId) ?? 0;
    const lastEventId = last === 0 ? "" : `${buildId}-${last}`;
    for await (const piece of stream.read({ lastEventId, backlog: "all" })) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      const next = Math.max(last, lastSequence(bytes) ?? last);
      // A gap in the stream is a gap in the feed as well.
      if (next > last) await this.#enqueue(buildId, last + 1, next - last, isGap(bytes) ? undefined : bytes);
      last = next;
    }
  }

  #enqueue(buildId: string, first: number, count: number, bytes: Buffer | undefined): Promise<void> | undefined {
    const { clients, blocked } = this.channel.statistics;
    const isFollowed = clients > blocked;
    const lost = { count, isShared: this.#running.areShared, events: undefined };
    let next = first;
    for (const part of bytes === undefined ? [lost] : this.#running.divide(bytes, count)) {
      this.#batches.push({ ...part, buildId, first: next, events: isFollowed ? part.events : undefined });
      next += part.count;
    }
    if (isFollowed) return this.flush();
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#onError), COUNT_DELAY);
    return undefined;
  }

  /** Resolves when clients can see all events that were read from the streams of builds. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#writer.write();
  }

  /** Writes to the journal first, then to the clients, so both have the same order. */
  async #writeBatches(): Promise<void> {
    const batches = this.#batches;
    this.#batches = [];
    const labels: (string | undefined)[] = [];
    for (const { buildId, events, isShared } of batches) {
      labels.push(isShared && events !== undefined ? await this.#labels?.of(buildId) : undefined);
    }
    await this.#journal?.add(batches);
    for (const [index, batch] of batches.entries()) this.#show(batch, labels[index]);
  }

  #show({ events, count }: Batch, label: string | undefined): void {
    if (events === undefined) this.channel.skip(count);
    else for (const event of events()) this.channel.publish(feedEvent(event, label));
  }
}

/** Whether these bytes are a `gap` event, which represents lost events. */
function isGap(bytes: Buffer): boolean {
  return bytes.subarray(0, GAP.length).equals(GAP);
}

/**
 * Returns the sequence number of the last event. Its id is in the last `id:` line: lines of data start with "data: ".
 */
function lastSequence(bytes: Buffer): number | undefined {
  const start = bytes.lastIndexOf(ID) + ID.length;
  const id = parseSequenceId(bytes.toString("latin1", start, bytes.indexOf("\n", start)));
  return id?.sequence;
}
