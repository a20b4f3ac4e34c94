import { decimal } from "./decimal.ts";
import { encodeEventType } from "../../protocol/encode.ts";
import { assertEventId } from "../../protocol/event-id.ts";
import { parseSequenceId } from "../../protocol/sequence-id.ts";
import { CustomIds } from "./custom-ids.ts";
import { assertPublished, cannotPublish, encodePublished } from "./published-event.ts";
import { rememberLast } from "./remember-last.ts";
import { Segment } from "./segment.ts";
import { SegmentRing } from "./segment-ring.ts";
import type { GapReason } from "./gap.ts";
import type { PublishedEvent } from "./published-event.ts";
import type { EventStore } from "../history/history.ts";

/**
 * The position in the log where a client starts: exactly at the event `next`; or with a gap at the oldest event; or, in
 * a shared log, after an event that this process has not seen yet, and that its store may have.
 */
export type Position =
  | { readonly kind: "exact"; readonly next: number }
  | { readonly kind: "gap"; readonly reason: GapReason; readonly missed: number | null }
  | { readonly kind: "unseen" };

/** The maximum length of a segment in characters. Only a single event that is longer makes a longer segment. */
const SEGMENT_LENGTH = 64 * 1024;

/** The limits of an {@link EventLog}, and its name. */
export interface EventLogOptions {
  readonly epoch: string;
  /** The maximum number of kept events, and their maximum size in bytes. */
  readonly capacity: number;
  readonly capacityBytes: number;
  /** The store contains all events before the first event of this log. Without a store, the log starts with 1. */
  readonly store?: Pick<EventStore, "epoch" | "start" | "end"> | undefined;
  /** Whether other processes append to the store: then it may have events, or an epoch, that this log has not seen. */
  readonly isShared?: boolean | undefined;
}

/**
 * The log of a channel: an append-only sequence of events that keeps the newest ones.
 *
 * Appended events wait, as text, until `seal` turns them into one {@link Segment}, and `reveal` shows it to clients.
 * Segments form a ring: `evict` removes the oldest events beyond `capacity` and `capacityBytes`. The cost of an
 * operation does not depend on the size of the ring, except that finding a segment is a binary search.
 *
 * ```text
 *   forgotten, or  | kept, in segments  | sealed | waiting |
 *   in a store     |                    |        |         |
 *                  start                end                next sequence
 * ```
 */
export class EventLog {
  #epoch: string;
  readonly #capacity: number;
  readonly #capacityBytes: number;
  /** The store of the events that this log removes. */
  readonly #store: Pick<EventStore, "epoch" | "start"> | undefined;
  readonly #isShared: boolean;

  readonly #ring = new SegmentRing();
  #start: number;
  #end: number;
  #sealedEnd: number;
  /** The size of the sealed segments that are not revealed yet. */
  #sealedBytes = 0;
  #bytes = 0;
  #isFinished = false;

  /**
   * Most events have the same type as the event before. Checking and encoding the type each time took a tenth of the
   * publishing time.
   */
  readonly #encodeType = rememberLast(encodeEventType);

  #waiting: string[] = [];
  #waitingCustomIds: (string | undefined)[] | undefined;
  /** The number of waiting characters. */
  #waitingLength = 0;
  /** Whether a segment was sealed before its turn ended, because the next event did not fit. */
  #hasOverflowed = false;

  readonly #customIds = new CustomIds();

  constructor({ epoch, capacity, capacityBytes, store, isShared = false }: EventLogOptions) {
    this.#epoch = epoch;
    this.#capacity = capacity;
    this.#capacityBytes = capacityBytes;
    this.#store = store;
    this.#isShared = isShared;
    this.#start = this.#end = this.#sealedEnd = store?.end ?? 1;
  }

  /** The epoch of the event ids. Only that of a shared log changes. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Whether the store of a shared log has changed its epoch. Its events do not follow those of this log then. */
  get isOutdated(): boolean {
    return this.#store !== undefined && this.#store.epoch !== this.#epoch;
  }

  /** The sequence number of the oldest event in this log. */
  get start(): number {
    return this.#start;
  }

  /** The sequence number of the oldest event that a client can receive, from this log or from the store. */
  get oldest(): number {
    if (this.#store === undefined || this.isOutdated) return this.#start;
    return Math.min(this.#start, this.#store.start ?? 1);
  }

  /** The sequence number that follows the newest event that clients can see. */
  get end(): number {
    return this.#end;
  }

  /** The number of events appended so far, including those of the store. */
  get published(): number {
    return this.#sealedEnd - 1 + this.#waiting.length;
  }

  /** Whether clients can see all appended events. */
  get isAllVisible(): boolean {
    return this.published < this.#end;
  }

  /** Whether clients can see all events and no further events can follow. */
  get isComplete(): boolean {
    return this.#isFinished && this.isAllVisible;
  }

  /** Completes the log: no further events follow. */
  finish(): void {
    this.#isFinished = true;
  }

  /** The approximate size of the events that clients cannot see yet, in bytes. */
  get hiddenBytes(): number {
    return this.#waitingLength + this.#sealedBytes;
  }

  /** The size of the kept events in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the waiting events fill a segment and should be flushed before the turn ends. */
  get isSegmentFull(): boolean {
    return this.#hasOverflowed || this.#waitingLength >= SEGMENT_LENGTH || this.#waiting.length >= this.#capacity;
  }

  /**
   * Appends an event and returns its id: the id in the event, or `<epoch>-<sequence>`.
   *
   * @throws {TailcastError} `INVALID_EVENT`, `EVENT_TOO_LARGE`. The log is unchanged then.
   */
  append(event: PublishedEvent): string {
    assertPublished(event);
    const sequence = this.published + 1;
    const customId = event.id ?? undefined;
    if (customId !== undefined) this.#assertCustomId(customId);
    const id = customId ?? `${this.#epoch}-${decimal(sequence)}`;
    this.appendText(encodePublished(event, id, this.#capacityBytes, this.#encodeType));
    if (customId !== undefined) {
      this.#waitingCustomIds ??= [];
      this.#waitingCustomIds[this.#waiting.length - 1] = customId;
      this.#customIds.add(customId, sequence);
    }
    return id;
  }

  /** Appends an encoded event, whose id is `<epoch>-<sequence>`, or an id of the application. */
  appendText(text: string): void {
    // A large event gets its own segment: no client resumes in the middle of it.
    if (this.#waitingLength + text.length > SEGMENT_LENGTH) this.#hasOverflowed = this.seal();
    this.#waiting.push(text);
    this.#waitingLength += text.length;
  }

  /** Turns the waiting events into a segment, which clients cannot see yet. Returns whether events were waiting. */
  seal(): boolean {
    if (this.#waiting.length === 0) return false;
    const segment = new Segment(this.#sealedEnd, this.#waiting, this.#waitingCustomIds);
    this.#ring.push(segment);
    this.#sealedEnd = segment.next;
    this.#bytes += segment.bytes.byteLength;
    this.#sealedBytes += segment.bytes.byteLength;
    this.#clearWaiting();
    return true;
  }

  /** Returns the sealed segments that are not revealed yet, oldest first. */
  hidden(): Segment[] {
    const segments = [];
    for (let next = this.#end; next < this.#sealedEnd; next = segments.at(-1)?.next ?? Infinity) {
      segments.push(this.segmentAt(next));
    }
    return segments;
  }

  /**
   * Makes all events before `end` visible to clients.
   *
   * @param end - The end of a sealed segment. Default: the end of the last one.
   */
  reveal(end: number = this.#sealedEnd): void {
    while (this.#end < end) {
      const segment = this.segmentAt(this.#end);
      this.#sealedBytes -= segment.bytes.byteLength;
      this.#end = segment.next;
    }
  }

  /** Continues after `count` more events that only the store contains. All appended events must be visible. */
  skip(count: number): void {
    this.#continueAt(this.#sealedEnd + count);
  }

  /** Removes all events, and continues in another epoch, whose events before `end` only the store contains. */
  reset(epoch: string, end: number): void {
    this.#clearWaiting();
    this.#sealedBytes = 0;
    this.#isFinished = false;
    this.#epoch = epoch;
    this.#continueAt(end);
  }

  /** Removes the oldest events until the log is within its limits. */
  evict(): void {
    while (this.#start < this.#end && (this.#end - this.#start > this.#capacity || this.#bytes > this.#capacityBytes)) {
      this.#evictOldest();
    }
  }

  #evictOldest(): void {
    const segment = this.segmentAt(this.#start);
    this.#customIds.removeOldest(this.#start, segment.customIds?.[this.#start - segment.first]);
    this.#bytes -= segment.byteLengthOf(this.#start);
    this.#start++;
    if (this.#start === segment.next) this.#ring.shift();
  }

  /** Returns the segment that contains the event `sequence`. The log must still have it: `start <= sequence`. */
  segmentAt(sequence: number): Segment {
    return this.#ring.find(sequence);
  }

  /**
   * Returns the position for a client whose last event id is `lastEventId`.
   *
   * @param isAnswered - Whether the shared log was refreshed after the client had connected. No position is then
   * `unseen`.
   */
  locate(lastEventId: string, isAnswered = false): Position {
    const sequence = this.#customIds.find(lastEventId);
    if (sequence !== undefined) return { kind: "exact", next: sequence + 1 };
    const id = parseSequenceId(lastEventId);
    if (id === undefined) return { kind: "gap", reason: "unknown", missed: null };
    const mayAppear = this.#isShared && !isAnswered;
    if (mayAppear && (id.epoch !== this.#epoch || this.isOutdated)) return { kind: "unseen" };
    if (id.epoch !== this.#epoch) {
      // The application's ids may have the same form as the log's own ids.
      return { kind: "gap", reason: this.#customIds.isUsed ? "unknown" : "epoch", missed: null };
    }
    if (id.sequence > this.published) {
      // No event follows in a complete log.
      if (mayAppear && !this.#isFinished) return { kind: "unseen" };
      return { kind: "gap", reason: "unknown", missed: null };
    }
    const missed = this.oldest - 1 - id.sequence;
    if (missed > 0) return { kind: "gap", reason: "evicted", missed };
    return { kind: "exact", next: id.sequence + 1 };
  }

  /**
   * Returns the position for a client without a last event id.
   *
   * @param backlog - The number of newest events to send. With `Infinity`, the client expects the first event, and a
   * gap reports when it was removed.
   */
  positionFor(backlog: number): Position {
    if (backlog !== Infinity) return { kind: "exact", next: Math.max(this.oldest, this.#end - backlog) };
    if (this.oldest === 1) return { kind: "exact", next: 1 };
    return { kind: "gap", reason: "evicted", missed: this.oldest - 1 };
  }

  #assertCustomId(id: string): void {
    assertEventId(id);
    if (this.#store !== undefined) {
      throw cannotPublish("a channel with a history gives the ids itself; leave the id out");
    }
    if (id === "") throw cannotPublish("its id is empty; leave the id out");
    if (parseSequenceId(id)?.epoch === this.#epoch) {
      throw cannotPublish(`ids that start with "${this.#epoch}-" are given by the channel itself; leave the id out`);
    }
  }

  #continueAt(sequence: number): void {
    this.#ring.clear();
    this.#bytes = 0;
    this.#start = this.#end = this.#sealedEnd = sequence;
  }

  #clearWaiting(): void {
    this.#waiting = [];
    this.#waitingCustomIds = undefined;
    this.#waitingLength = 0;
    this.#hasOverflowed = false;
  }
}
