import { TailcastError } from "../../error.ts";
import { decimal } from "./decimal.ts";
import { encodeEventType, encodeEventWithId } from "../../protocol/encode.ts";
import { assertEventId } from "../../protocol/event-id.ts";
import { assertString } from "../../protocol/field-value.ts";
import { parseSequenceId } from "../../protocol/sequence-id.ts";
import { rememberLast } from "./remember-last.ts";
import { Segment } from "./segment.ts";
import type { EventFields } from "../../protocol/encode.ts";
import type { GapReason } from "./gap.ts";
import type { ChannelHistory } from "../history/history.ts";

/** An event as it is published: the fields of the wire, of which `data` is required. */
export interface PublishedEvent extends EventFields {
  readonly data: string;
}

/** Where in the log a client starts: exactly at the event `next`, or with a gap at the oldest event. */
export type Position =
  | { readonly kind: "exact"; readonly next: number }
  | { readonly kind: "gap"; readonly reason: GapReason; readonly missed: number | null };

/**
 * A segment is closed at this number of characters even within a turn; only an event that is larger by itself makes a
 * larger one.
 */
const SEGMENT_LENGTH = 64 * 1024;

/** The limits of an {@link EventLog}, and its name. */
export interface EventLogOptions {
  readonly epoch: string;
  /** How many events are kept, and how many bytes. */
  readonly capacity: number;
  readonly capacityBytes: number;
  /** Holds everything before the first event here; without it the log begins with 1. */
  readonly history?: Pick<ChannelHistory, "start" | "end"> | undefined;
}

/**
 * The log of a channel: an append-only sequence of events of which the newest are kept.
 *
 * Appended events wait, as text, until `seal` turns them into one {@link Segment}, and `reveal` shows it to clients.
 * Segments form a ring: `evict` forgets the oldest events beyond `capacity` and `capacityBytes`. Every operation costs
 * the same whatever the ring holds, except finding a segment, which is a binary search.
 *
 * ```text
 *   forgotten, or  | kept, in segments  | sealed | waiting |
 *   in a history   |                    |        |         |
 *                  start                end                next sequence
 * ```
 */
export class EventLog {
  readonly epoch: string;
  readonly #capacity: number;
  readonly #capacityBytes: number;
  /** Where events are kept that are forgotten here. */
  readonly #history: Pick<ChannelHistory, "start"> | undefined;

  /**
   * The kept segments, oldest first, from `#head` on: a queue whose emptied front is cut off when it is long, not at
   * each shift.
   */
  readonly #segments: (Segment | undefined)[] = [];
  #head = 0;
  #start: number;
  #end: number;
  #sealedEnd: number;
  /** The size of the segments that are sealed and not revealed. */
  #sealedBytes = 0;
  #bytes = 0;
  #isFinished = false;

  /** Mostly the next event has the type of the last, and checking and writing it again took a tenth of publishing. */
  readonly #encodeType = rememberLast(encodeEventType);

  #waiting: string[] = [];
  #waitingCustomIds: (string | undefined)[] | undefined;
  /** The number of characters that wait. */
  #waitingLength = 0;
  /** A segment was sealed before its turn ended, since the next event did not fit in it. */
  #hasOverflowed = false;

  /**
   * Where the ids that the application gave are in the log. The log's own ids need no index: they contain the sequence.
   */
  readonly #customIds = new Map<string, number>();
  #hasCustomIds = false;
  /** The application's id of the event before `start`, from which a client still resumes without a gap. */
  #customIdBeforeStart: string | undefined;

  constructor({ epoch, capacity, capacityBytes, history }: EventLogOptions) {
    this.epoch = epoch;
    this.#capacity = capacity;
    this.#capacityBytes = capacityBytes;
    this.#history = history;
    this.#start = this.#end = this.#sealedEnd = history?.end ?? 1;
  }

  /** The sequence number of the oldest event that is kept here. */
  get start(): number {
    return this.#start;
  }

  /** The sequence number of the oldest event that a client can have, from here or from the history. */
  get oldest(): number {
    return this.#history === undefined ? this.#start : Math.min(this.#start, this.#history.start ?? 1);
  }

  /** The sequence number that follows the newest event that clients can see. */
  get end(): number {
    return this.#end;
  }

  /** How many events were appended so far, in all the log's life. */
  get published(): number {
    return this.#sealedEnd - 1 + this.#waiting.length;
  }

  /** Whether clients can see everything that was appended. */
  get isAllVisible(): boolean {
    return this.published < this.#end;
  }

  /** Whether clients can see everything that will ever be appended. */
  get isComplete(): boolean {
    return this.#isFinished && this.isAllVisible;
  }

  /** Nothing more will be appended. */
  finish(): void {
    this.#isFinished = true;
  }

  /** About how many bytes were appended that clients cannot see yet. */
  get hiddenBytes(): number {
    return this.#waitingLength + this.#sealedBytes;
  }

  /** The size of the kept events in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the appended events should leave before the turn ends, since they fill a segment. */
  get isSegmentFull(): boolean {
    return this.#hasOverflowed || this.#waitingLength >= SEGMENT_LENGTH || this.#waiting.length >= this.#capacity;
  }

  /**
   * Appends an event and returns its id: the given one, or `<epoch>-<sequence>`.
   *
   * @throws {TailcastError} `INVALID_EVENT`, `EVENT_TOO_LARGE`. The log is unchanged then.
   */
  append(event: PublishedEvent): string {
    const data = typeof event === "object" ? (event?.data ?? undefined) : undefined;
    if (data === undefined) {
      throw new TailcastError("INVALID_EVENT", 'Cannot publish the event: pass a string, or an object with "data"');
    }
    assertString("data", data);
    const sequence = this.published + 1;
    const customId = event.id ?? undefined;
    if (customId !== undefined) assertEventId(customId);
    if (customId !== undefined && this.#history !== undefined) {
      const message = "Cannot publish the event: the ids of a channel with a history are given by the channel itself";
      throw new TailcastError("INVALID_EVENT", message);
    }
    if (customId === "") {
      throw new TailcastError("INVALID_EVENT", "Cannot publish the event: no client could resume after an empty id");
    }
    if (customId !== undefined && parseSequenceId(customId)?.epoch === this.epoch) {
      const message = `Cannot publish the event: ids that start with "${this.epoch}-" are given by the channel itself`;
      throw new TailcastError("INVALID_EVENT", message);
    }
    // A character is a byte at least: checked before the work of encoding.
    if (data.length > this.#capacityBytes) throw this.#tooLarge(data.length);
    const id = customId ?? `${this.epoch}-${decimal(sequence)}`;
    const text = encodeEventWithId(event, id, this.#encodeType);
    // A character is three bytes at most, so that those of a small event need not be counted.
    if (text.length * 3 > this.#capacityBytes) {
      const byteLength = Buffer.byteLength(text);
      if (byteLength > this.#capacityBytes) throw this.#tooLarge(byteLength);
    }
    // A large event gets a segment of its own: no client resumes in the middle of it.
    if (this.#waitingLength + text.length > SEGMENT_LENGTH) this.#hasOverflowed = this.seal();
    if (customId !== undefined) {
      this.#hasCustomIds = true;
      this.#waitingCustomIds ??= [];
      this.#waitingCustomIds[this.#waiting.length] = customId;
      this.#customIds.set(customId, sequence);
    }
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    return id;
  }

  /** Turns the waiting events into a segment, which no client sees yet. Returns whether there were any. */
  seal(): boolean {
    if (this.#waiting.length === 0) return false;
    const segment = new Segment(this.#sealedEnd, this.#waiting, this.#waitingCustomIds);
    this.#segments.push(segment);
    this.#sealedEnd = segment.next;
    this.#bytes += segment.bytes.byteLength;
    this.#sealedBytes += segment.bytes.byteLength;
    this.#waiting = [];
    this.#waitingCustomIds = undefined;
    this.#waitingLength = 0;
    this.#hasOverflowed = false;
    return true;
  }

  /** The segments that are sealed and not revealed, the oldest first. */
  hidden(): Segment[] {
    const segments = [];
    for (let next = this.#end; next < this.#sealedEnd; next = segments.at(-1)?.next ?? Infinity) {
      segments.push(this.segmentAt(next));
    }
    return segments;
  }

  /**
   * Shows clients all events before `end`.
   *
   * @param end - Where a sealed segment ends. Default: the end of the last.
   */
  reveal(end: number = this.#sealedEnd): void {
    while (this.#end < end) {
      const segment = this.segmentAt(this.#end);
      this.#sealedBytes -= segment.bytes.byteLength;
      this.#end = segment.next;
    }
  }

  /** Continues after `count` more events, which only the history has. Everything that was appended must be visible. */
  skip(count: number): void {
    this.#segments.length = this.#head = this.#bytes = 0;
    this.#start = this.#end = this.#sealedEnd += count;
  }

  /** Forgets the oldest events until the log is within its limits. */
  evict(): void {
    while (this.#start < this.#end && (this.#end - this.#start > this.#capacity || this.#bytes > this.#capacityBytes)) {
      this.#evictOldest();
    }
    if (this.#head > 1024 && this.#head * 2 > this.#segments.length) {
      this.#segments.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #evictOldest(): void {
    const segment = this.segmentAt(this.#start);
    this.#forgetCustomIdBeforeStart();
    this.#customIdBeforeStart = segment.customIds?.[this.#start - segment.first];
    this.#bytes -= segment.byteLengthOf(this.#start);
    this.#start++;
    if (this.#start === segment.next) this.#segments[this.#head++] = undefined;
  }

  /** The segment that holds the event `sequence`, which must be kept: `start <= sequence < end`. */
  segmentAt(sequence: number): Segment {
    let low = this.#head;
    let high = this.#segments.length - 1;
    // Nearly every look-up is for the newest segment (clients that are up to date) or for the oldest (eviction).
    if (sequence >= this.#at(high).first) low = high;
    else if (sequence < this.#at(low).next) high = low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sequence < this.#at(middle).next) high = middle;
      else low = middle + 1;
    }
    return this.#at(low);
  }

  /** Where a client continues that has seen the event `lastEventId`. */
  locate(lastEventId: string): Position {
    const sequence = this.#customIds.get(lastEventId);
    if (sequence !== undefined) return { kind: "exact", next: sequence + 1 };
    const id = parseSequenceId(lastEventId);
    if (id === undefined) return { kind: "gap", reason: "unknown", missed: null };
    // Ids of the application may have the form of ours.
    if (id.epoch !== this.epoch) return { kind: "gap", reason: this.#hasCustomIds ? "unknown" : "epoch", missed: null };
    if (id.sequence > this.published) return { kind: "gap", reason: "unknown", missed: null };
    const missed = this.oldest - 1 - id.sequence;
    if (missed > 0) return { kind: "gap", reason: "evicted", missed };
    return { kind: "exact", next: id.sequence + 1 };
  }

  /**
   * Where a client starts that has seen nothing.
   *
   * @param backlog - How many of the newest events it gets. With `Infinity` it expects the first event: a gap reports
   * that the beginning is gone.
   */
  positionFor(backlog: number): Position {
    if (backlog !== Infinity) return { kind: "exact", next: Math.max(this.oldest, this.#end - backlog) };
    if (this.oldest === 1) return { kind: "exact", next: 1 };
    return { kind: "gap", reason: "evicted", missed: this.oldest - 1 };
  }

  #tooLarge(byteLength: number): TailcastError {
    const problem = `its ${byteLength} bytes or more exceed capacityBytes (${this.#capacityBytes})`;
    return new TailcastError("EVENT_TOO_LARGE", `Cannot publish the event: ${problem}`);
  }

  #forgetCustomIdBeforeStart(): void {
    const id = this.#customIdBeforeStart;
    // An id that was given again later stands for its later event.
    if (id !== undefined && this.#customIds.get(id) === this.#start - 1) this.#customIds.delete(id);
  }

  #at(index: number): Segment {
    const segment = this.#segments[index];
    if (segment === undefined)
      throw new RangeError(`No segment at ${index}: the log holds ${this.#start} to ${this.#sealedEnd}`);
    return segment;
  }
}
