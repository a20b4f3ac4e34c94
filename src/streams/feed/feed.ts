import { Channel } from "../../channel/channel.ts";
import { EventStreamDecoder } from "../../protocol/decode.ts";
import { parseSequenceId } from "../../protocol/sequence-id.ts";
import { feedEvent } from "./feed-event.ts";
import { FeedHistory } from "./history.ts";
import { feedLine } from "./feed-line.ts";
import { SingleWriter } from "../../runner/store/single-writer.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { ChannelOptions, CloseOptions } from "../../channel/options.ts";
import type { FeedOrder, OpenLog } from "./history.ts";
import type { FeedAddition } from "./journal.ts";

const ID = "\nid: ";
const GAP = Buffer.from("event: gap\n");

/**
 * How long events that no client reads wait until they are counted, in milliseconds: a write for each batch costs a
 * fifth more.
 */
const COUNT_DELAY = 100;

/** The next events of the feed, from the stream of one build. */
interface Batch extends FeedAddition {
  /** `undefined` when no client reads the feed now. */
  readonly bytes: Buffer | undefined;
}

/** Where the feed is stored, so that it outlives the process. */
export interface FeedStorage {
  /** See `FeedJournal`. */
  readonly journal: FeedOrder & {
    add(additions: readonly FeedAddition[]): Promise<void>;
    close(): Promise<void>;
  };
  readonly openLog: OpenLog;
}

/**
 * Everything as it happens: lines of text as default messages, and each build's JSON as `build` when its state changes.
 *
 * Where builds are stored it follows the stream of each, as any client does: so it has no event that is not stored yet,
 * and after a restart it continues in each where it was. As long as no client reads from it, it only counts: clients
 * that reconnect, or resume reading, receive the events from the builds' logs.
 */
export class Feed {
  readonly channel: Channel;
  readonly #journal: FeedStorage["journal"] | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #following = new Map<string, Promise<void>>();
  #batches: Batch[] = [];
  readonly #writer = new SingleWriter(() => this.#writeBatches());
  #timer: NodeJS.Timeout | undefined;

  /** @param onError - Called with errors that must not happen. The feed continues without the build concerned. */
  constructor(options: ChannelOptions, onError: (error: unknown) => void, storage?: FeedStorage) {
    this.#journal = storage?.journal;
    this.#onError = onError;
    this.channel = new Channel({ ...options, history: storage && new FeedHistory(storage.journal, storage.openLog) });
  }

  /** Publishes an event of a build that is not stored. */
  publish(event: BuildEvent): void {
    if (event.type === "line") {
      const data = feedLine(event.time, event.text);
      this.channel.publish(event.open === true ? { event: "open", data } : data);
    } else this.channel.publish({ event: "build", data: JSON.stringify(event.build) });
  }

  /** Publishes the events of a stored build's stream, from the first one that the feed does not have. */
  follow(buildId: string, stream: Channel): void {
    const following = this.#follow(buildId, stream)
      .catch(this.#onError)
      .finally(() => this.#following.delete(buildId));
    this.#following.set(buildId, following);
  }

  /** Forgets a build whose log was removed, and every event of the feed up to the last one of that build. */
  async forget(buildId: string): Promise<void> {
    await this.#following.get(buildId);
    await this.flush();
    this.#journal?.ranges.forget(buildId);
  }

  /** Ends the feed as soon as it has every event of the builds' streams. Those must be closed as well. */
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
      // Events that the stream has lost are a gap in the feed as well.
      if (next > last) await this.#enqueue(buildId, last + 1, next - last, isGap(bytes) ? undefined : bytes);
      last = next;
    }
  }

  #enqueue(buildId: string, first: number, count: number, bytes: Buffer | undefined): Promise<void> | undefined {
    const { clients, blocked } = this.channel.statistics;
    const isFollowed = clients > blocked;
    this.#batches.push({ buildId, first, count, bytes: isFollowed ? bytes : undefined });
    if (isFollowed) return this.flush();
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#onError), COUNT_DELAY);
    return undefined;
  }

  /** Resolves when clients can see everything that was read from the builds' streams. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#writer.write();
  }

  /** Writes to the journal first, then to the clients, so both have the same order. */
  async #writeBatches(): Promise<void> {
    const batches = this.#batches;
    this.#batches = [];
    await this.#journal?.add(batches);
    for (const batch of batches) this.#show(batch);
  }

  #show({ bytes, count }: Batch): void {
    if (bytes === undefined) this.channel.skip(count);
    else for (const event of new EventStreamDecoder().decode(bytes)) this.channel.publish(feedEvent(event));
  }
}

/** Whether these bytes are a `gap` event, which stands for lost events. */
function isGap(bytes: Buffer): boolean {
  return bytes.subarray(0, GAP.length).equals(GAP);
}

/** The sequence number of the last event. Its id is the last line of that name: data begins with "data: ". */
function lastSequence(bytes: Buffer): number | undefined {
  const start = bytes.lastIndexOf(ID) + ID.length;
  const id = parseSequenceId(bytes.toString("latin1", start, bytes.indexOf("\n", start)));
  return id?.sequence;
}
