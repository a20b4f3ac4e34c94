import { Channel } from "../channel/channel.ts";
import { EventStreamDecoder } from "../protocol/decode.ts";
import { parseSequenceId } from "../protocol/sequence-id.ts";
import { feedEvent } from "./feed-event.ts";
import { FeedHistory } from "./feed-history.ts";
import type { CloseOptions } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/options.ts";
import type { OpenLog } from "./feed-history.ts";
import type { FeedAddition, FeedJournal } from "./feed-journal.ts";

const ID = "\nid: ";
const GAP = Buffer.from("event: gap\n");

/** How long events that nobody waits for may wait to be counted, in milliseconds: a write for each batch costs a fifth more. */
const UNWANTED_MS = 100;

/** Events of one build's stream that come next in the feed. */
interface Batch extends FeedAddition {
  /** `undefined` when nobody takes any. */
  readonly bytes: Buffer | undefined;
}

/** How the feed outlives the process. */
export interface FeedStorage {
  readonly journal: FeedJournal;
  readonly openLog: OpenLog;
}

/**
 * Everything as it happens: lines of text as default messages, and each build's JSON as `build` when its state changes.
 *
 * It follows the stream of every build, as any client does: so it has no event that is not stored yet, and after a
 * restart it goes on in each where it was. As long as nobody takes anything from it, it only counts: who comes back,
 * or goes on reading, is sent what the builds' logs have.
 */
export class Feed {
  readonly channel: Channel;
  readonly #journal: FeedJournal | undefined;
  readonly #following = new Set<Promise<void>>();
  #batches: Batch[] = [];
  #taking: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ChannelOptions, storage?: FeedStorage) {
    this.#journal = storage?.journal;
    this.channel = new Channel({ ...options, history: storage && new FeedHistory(storage.journal, storage.openLog) });
  }

  /** The last event of a build's stream that the feed has; 0 when it has none. */
  reached(buildId: string): number {
    return this.#journal?.ranges.reached(buildId) ?? 0;
  }

  /** Tells what the build's stream tells, from where the feed has it on. */
  follow(buildId: string, stream: Channel): void {
    const following = this.#follow(buildId, stream).finally(() => this.#following.delete(following));
    this.#following.add(following);
  }

  /** The log of a build is gone. */
  forget(buildId: string): void {
    this.#journal?.ranges.forget(buildId);
  }

  /** Ends the feed, when it has all that the builds' streams have; they are being closed. */
  async close(options?: CloseOptions): Promise<void> {
    while (this.#following.size > 0) await Promise.all(this.#following);
    await this.settle();
    await Promise.all([this.channel.close(options), this.#journal?.close()]);
  }

  async #follow(buildId: string, stream: Channel): Promise<void> {
    let last = this.reached(buildId);
    for await (const piece of stream.read(last === 0 ? "" : `${buildId}-${last}`)) {
      const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
      const next = Math.max(last, lastSequence(bytes) ?? last);
      // What the stream could not give, neither can the feed.
      if (!isGap(bytes) && next > last) await this.#take(buildId, last + 1, next - last, bytes);
      last = next;
    }
  }

  #take(buildId: string, first: number, count: number, bytes: Buffer): Promise<void> | undefined {
    const { clients, blocked } = this.channel.statistics;
    const isFollowed = this.#journal === undefined || clients > blocked;
    this.#batches.push({ buildId, first, count, bytes: isFollowed ? bytes : undefined });
    if (isFollowed) return this.settle();
    this.#timer ??= setTimeout(() => void this.settle(), UNWANTED_MS);
    return undefined;
  }

  /** Resolves when clients can see everything that was taken from the builds' streams. */
  settle(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // What comes while some is being stored goes together.
    this.#next ??= (this.#taking ?? Promise.resolve()).then(() => this.#takeAll());
    return this.#next;
  }

  /** In one order for all: what the journal says is what clients see. */
  #takeAll(): Promise<void> {
    const batches = this.#batches;
    this.#batches = [];
    this.#next = undefined;
    this.#taking = (async () => {
      await this.#journal?.add(batches);
      for (const batch of batches) this.#show(batch);
    })();
    return this.#taking;
  }

  #show({ bytes, count }: Batch): void {
    if (bytes === undefined) this.channel.skip(count);
    else for (const event of new EventStreamDecoder().decode(bytes)) this.channel.publish(feedEvent(event));
  }
}

/** Whether it is the one event by which a stream says that something is gone. */
function isGap(bytes: Buffer): boolean {
  return bytes.subarray(0, GAP.length).equals(GAP);
}

/** The sequence number of the last event. Its id is the last line of that name: data begins with "data: ". */
function lastSequence(bytes: Buffer): number | undefined {
  const start = bytes.lastIndexOf(ID) + ID.length;
  const id = parseSequenceId(bytes.toString("latin1", start, bytes.indexOf("\n", start)));
  return id?.sequence;
}
