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
    const cursors = new Cursors(this.#openLog);
    let next = sequence;
    return {
      next: async () => {
        const piece = await this.#read(next, cursors);
        next = piece.next;
        return piece;
      },
      close: () => cursors.close(),
    };
  }

  async #read(first: number, cursors: Cursors): Promise<HistoryPiece> {
    let text = "";
    let next = first;
    while (next < this.end && text.length < PIECE_LENGTH) {
      const range = this.#journal.ranges.at(next);
      if (range === undefined) throw new Error(`The feed has no event ${next} any more`);
      const position = range.first + (next - range.start);
      const cursor = await cursors.of(range.buildId, position);
      // What it has at hand, at most: the next piece of another build's log may not be far.
      const events = await cursor.take(position, Math.min(range.start + range.count, this.end) - next);
      for (const event of events)
        text += encodeEvent({ ...feedEvent(event), id: formatSequenceId(this.epoch, next++) });
      // A build tells nothing after its end: the file need not stay open.
      if (events.at(-1)?.type === "end") cursors.drop(range.buildId);
    }
    return { bytes: Buffer.from(text), next };
  }
}

/** Those of one reader, for each build that has events where it is. */
class Cursors {
  readonly #openLog: OpenLog;
  readonly #cursors = new Map<string, LogCursor>();
  #isClosed = false;

  constructor(openLog: OpenLog) {
    this.#openLog = openLog;
  }

  /** The cursor of a build; a new one begins at `position`. */
  async of(buildId: string, position: number): Promise<LogCursor> {
    const known = this.#cursors.get(buildId);
    if (known !== undefined) return known;
    const log = await this.#openLog(buildId);
    // Nobody would close it any more.
    if (this.#isClosed) throw new Error("The reader was closed");
    const cursor = new LogCursor(log, position);
    this.#cursors.set(buildId, cursor);
    return cursor;
  }

  drop(buildId: string): void {
    this.#cursors.get(buildId)?.close();
    this.#cursors.delete(buildId);
  }

  close(): void {
    this.#isClosed = true;
    for (const cursor of this.#cursors.values()) cursor.close();
    this.#cursors.clear();
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
