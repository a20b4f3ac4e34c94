import { encodeGap } from "../../channel/log/gap.ts";
import { RecentPieces } from "../../channel/history/recent-pieces.ts";
import { EventStreamDecoder } from "../../protocol/decode.ts";
import { encodeEvent } from "../../protocol/encode.ts";
import { formatSequenceId } from "../../protocol/sequence-id.ts";
import { BuildLabels } from "./build-labels.ts";
import { feedEvent } from "./feed-event.ts";
import type { OpenLog } from "./build-labels.ts";
import type { ChannelHistory, HistoryPiece, HistoryReader } from "../../channel/history/history.ts";
import type { DecodedEvent } from "../../protocol/decode.ts";
import type { FeedRange, FeedRanges } from "./ranges.ts";

/** The number of events in a piece. Pieces end at multiples of it, so that all readers share the same pieces. */
const PIECE_EVENTS = 512;

/** The maximum length of a piece in characters. Its last lines may exceed it. */
const PIECE_LENGTH = 256 * 1024;

/** The order of the feed: it maps each event of the feed to an event of a build. */
export interface FeedOrder {
  readonly epoch: string;
  readonly ranges: FeedRanges;
  /** The sequence number that follows the newest stored event. */
  readonly end: number;
}

/**
 * The history of the feed. The order lists the events, and the logs of the builds contain them. A `gap` replaces the
 * events of a log that cannot be read.
 */
export class FeedHistory implements ChannelHistory {
  readonly epoch: string;
  readonly #order: FeedOrder;
  readonly #openLog: OpenLog;
  readonly #labels: BuildLabels;
  readonly #recent = new RecentPieces<HistoryPiece>();

  constructor(order: FeedOrder, openLog: OpenLog, labels: BuildLabels = new BuildLabels(openLog)) {
    this.epoch = order.epoch;
    this.#order = order;
    this.#openLog = openLog;
    this.#labels = labels;
  }

  get start(): number {
    return this.#order.ranges.start;
  }

  get end(): number {
    return this.#order.end;
  }

  read(sequence: number): HistoryReader {
    let next = sequence;
    return {
      next: async () => {
        const piece = await this.#recent.get(next, () => this.#read(next));
        next = piece.next;
        return piece;
      },
      close: () => undefined,
    };
  }

  async #read(first: number): Promise<HistoryPiece> {
    const end = Math.min(this.end, (Math.floor(first / PIECE_EVENTS) + 1) * PIECE_EVENTS);
    const cursors = new Map<string, LogCursor>();
    let text = "";
    let next = first;
    try {
      while (next < end && text.length < PIECE_LENGTH) {
        const range = this.#order.ranges.at(next);
        if (range === undefined) return this.#gap(first, text, next, this.start);
        const rangeEnd = Math.min(range.start + range.count, this.end);
        const limit = Math.min(rangeEnd, end) - next;
        const events = await this.#readEvents(range, next, limit, cursors).catch(() => undefined);
        if (events === undefined) return this.#gap(first, text, next, rangeEnd);
        const label = range.isShared ? await this.#labels.of(range.buildId) : undefined;
        for (const event of events) {
          text += encodeEvent({ ...feedEvent(event, label), id: formatSequenceId(this.epoch, next++) });
        }
      }
    } finally {
      for (const cursor of cursors.values()) cursor.close();
    }
    return { bytes: Buffer.from(text), next };
  }

  /** Reads events of a range, at least one and at most `limit`. */
  async #readEvents(
    { buildId, first, start }: FeedRange,
    next: number,
    limit: number,
    cursors: Map<string, LogCursor>,
  ): Promise<DecodedEvent[]> {
    const position = first + (next - start);
    const cursor = cursors.get(buildId) ?? new LogCursor(await this.#openLog(buildId), position);
    cursors.set(buildId, cursor);
    return cursor.read(position, limit);
  }

  /**
   * Returns the events before an unreadable event, or a `gap` that replaces it. The next reader tries to read the event
   * again.
   */
  #gap(first: number, text: string, next: number, to: number): HistoryPiece {
    this.#recent.forget(first);
    if (text !== "") return { bytes: Buffer.from(text), next };
    const gap = { lastEventId: formatSequenceId(this.epoch, next - 1), reason: "evicted", missed: to - next } as const;
    return { bytes: Buffer.from(encodeGap(this.epoch, gap, to)), next: to };
  }
}

/** Reads the events of one log in order. */
class LogCursor {
  readonly #reader: HistoryReader;
  #events: DecodedEvent[] = [];
  /** The sequence number of the first event in `#events`. */
  #next: number;

  constructor(log: ChannelHistory, sequence: number) {
    this.#reader = log.read(sequence);
    this.#next = sequence;
  }

  /**
   * Reads events from `sequence` on, at least one and at most `limit`. `sequence` must not decrease between two calls.
   */
  async read(sequence: number, limit: number): Promise<DecodedEvent[]> {
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
