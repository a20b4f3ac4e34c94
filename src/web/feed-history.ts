import { EventStreamDecoder } from "../protocol/decode.ts";
import { encodeEvent } from "../protocol/encode.ts";
import { formatSequenceId } from "../protocol/sequence-id.ts";
import { feedEvent } from "./feed-event.ts";
import type { ChannelHistory, HistoryPiece, HistoryReader } from "../channel/history.ts";
import type { DecodedEvent } from "../protocol/decode.ts";
import type { FeedJournal } from "./feed-journal.ts";

/** How long a piece is at most, in characters, but for its last event. */
const PIECE_LENGTH = 64 * 1024;

/** Opens the log of a build to read it. Rejects when it is gone. */
export type OpenLog = (buildId: string) => Promise<ChannelHistory>;

/** The feed as it was: the journal says which events of which builds, and their logs have the text. */
export class FeedHistory implements ChannelHistory {
  readonly epoch: string;
  readonly #journal: FeedJournal;
  readonly #openLog: OpenLog;

  constructor(journal: FeedJournal, openLog: OpenLog) {
    this.epoch = journal.epoch;
    this.#journal = journal;
    this.#openLog = openLog;
  }

  get start(): number {
    return this.#journal.ranges.start;
  }

  get end(): number {
    return this.#journal.end;
  }

  read(sequence: number): HistoryReader {
    const logs = new Map<string, LogCursor>();
    let next = sequence;
    return {
      next: async () => {
        const piece = await this.#read(next, logs);
        next = piece.next;
        return piece;
      },
      close: () => {
        for (const cursor of logs.values()) cursor.close();
      },
    };
  }

  async #read(first: number, logs: Map<string, LogCursor>): Promise<HistoryPiece> {
    let text = "";
    let next = first;
    while (next < this.end && text.length < PIECE_LENGTH) {
      const range = this.#journal.ranges.at(next);
      if (range === undefined) throw new Error(`The feed has no event ${next} any more`);
      const { buildId } = range;
      const position = range.first + (next - range.start);
      const cursor = logs.get(buildId) ?? new LogCursor(await this.#openLog(buildId), position);
      logs.set(buildId, cursor);
      // What it has at hand, at most: the next piece of another build's log may not be far.
      const events = await cursor.take(position, Math.min(range.start + range.count, this.end) - next);
      for (const event of events)
        text += encodeEvent({ ...feedEvent(event), id: formatSequenceId(this.epoch, next++) });
      // A build tells nothing after its end: the file need not stay open.
      if (events.at(-1)?.type === "end") {
        cursor.close();
        logs.delete(buildId);
      }
    }
    return { bytes: Buffer.from(text), next };
  }
}

/** Reads the events of one log, one after the other. */
class LogCursor {
  readonly #reader: HistoryReader;
  #events: DecodedEvent[] = [];
  /** The sequence number of the first of them. */
  #next: number;

  constructor(log: ChannelHistory, sequence: number) {
    this.#reader = log.read(sequence);
    this.#next = sequence;
  }

  /** The events from `sequence` on, at least one and at most `limit`. Those before it are not asked for again. */
  async take(sequence: number, limit: number): Promise<DecodedEvent[]> {
    for (this.#drop(sequence - this.#next); this.#events.length === 0; this.#drop(sequence - this.#next)) {
      const { bytes } = await this.#reader.next();
      this.#events = new EventStreamDecoder().decode(bytes);
    }
    const events = this.#events.slice(0, limit);
    this.#drop(events.length);
    return events;
  }

  close(): void {
    this.#reader.close();
  }

  #drop(count: number): void {
    this.#next += this.#events.splice(0, Math.max(0, count)).length;
  }
}
