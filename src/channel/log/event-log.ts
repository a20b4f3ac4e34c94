import { TailcastError } from "../../error.ts";
import { decimal } from "./decimal.ts";
import { encodeEventType, encodeEventWithId } from "../../protocol/encode.ts";
import { assertEventId } from "../../protocol/event-id.ts";
import { assertString, problemWithoutData } from "../../protocol/field-value.ts";
import { parseSequenceId } from "../../protocol/sequence-id.ts";
import { rememberLast } from "./remember-last.ts";
import { Segment } from "./segment.ts";
import type { EventFields } from "../../protocol/encode.ts";
import type { GapReason } from "./gap.ts";
import type { ChannelHistory } from "../history/history.ts";

/** An event to publish: the fields of an event stream's event. Only `data` is required. */
export interface PublishedEvent extends EventFields {
  readonly data: string;
}

/** The position in the log where a client starts: exactly at the event `next`, or with a gap at the oldest event. */
export type Position =
  | { readonly kind: "exact"; readonly next: number }
  | { readonly kind: "gap"; readonly reason: GapReason; readonly missed: number | null };

/** The maximum length of a segment in characters. Only a single event that is longer makes a longer segment. */
const SEGMENT_LENGTH = 64 * 1024;

/** The limits of an {@link EventLog}, and its name. */
export interface EventLogOptions {
  readonly epoch: string;
  /** The maximum number of kept events, and their maximum size in bytes. */
  readonly capacity: number;
  readonly capacityBytes: number;
  /** The history contains all events before the first event of this log. Without a history, the log starts with 1. */
  readonly history?: Pick<ChannelHistory, "start" | "end"> | undefined;
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
 *   in a history   |                    |        |         |
 *                  start                end                next sequence
 * ```
 */
export class EventLog {
  readonly epoch: string;
  readonly #capacity: number;
  readonly #capacityBytes: number;
  /** The history that keeps the events that this log removes. */
  readonly #history: Pick<ChannelHistory, "start"> | undefined;

  /**
   * The kept segments from `#head` on, oldest first. The queue removes its empty front only when that is long, not with
   * each segment.
   */
  readonly #segments: (Segment | undefined)[] = [];
  #head = 0;
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

  /**
   * The sequence numbers of the ids that the application provided. The log's own ids need no index: they contain the
   * sequence number.
   */
  readonly #customIds = new Map<string, number>();
  #hasCustomIds = false;
  /** The application's id of the event before `start`. A client with this id still resumes without a gap. */
  #customIdBeforeStart: string | undefined;

  constructor({ epoch, capacity, capacityBytes, history }: EventLogOptions) {
    this.epoch = epoch;
    this.#capacity = capacity;
    this.#capacityBytes = capacityBytes;
    this.#history = history;
    this.#start = this.#end = this.#sealedEnd = history?.end ?? 1;
  }

  /** The sequence number of the oldest event in this log. */
  get start(): number {
    return this.#start;
  }

  /** The sequence number of the oldest event that a client can receive, from this log or from the history. */
  get oldest(): number {
    return this.#history === undefined ? this.#start : Math.min(this.#start, this.#history.start ?? 1);
  }

  /** The sequence number that follows the newest event that clients can see. */
  get end(): number {
    return this.#end;
  }

  /** The number of events appended so far, including those of the history. */
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
    const data = typeof event === "object" ? (event?.data ?? undefined) : undefined;
    if (data === undefined) {
      throw new TailcastError("INVALID_EVENT", `Cannot publish the event: ${problemWithoutData(event)}`);
    }
    assertString("data", data);
    const sequence = this.published + 1;
    const customId = event.id ?? undefined;
    if (customId !== undefined) assertEventId(customId);
    if (customId !== undefined && this.#history !== undefined) {
      const message = "Cannot publish the event: a channel with a history gives the ids itself; leave the id out";
      throw new TailcastError("INVALID_EVENT", message);
    }
    if (customId === "") {
      throw new TailcastError("INVALID_EVENT", "Cannot publish the event: its id is empty; leave the id out");
    }
    if (customId !== undefined && parseSequenceId(customId)?.epoch === this.epoch) {
      const problem = `ids that start with "${this.epoch}-" are given by the channel itself; leave the id out`;
      const message = `Cannot publish the event: ${problem}`;
      throw new TailcastError("INVALID_EVENT", message);
    }
    // Each character is at least one byte, so check before the more expensive encoding.
    if (data.length > this.#capacityBytes) throw this.#tooLarge(data.length);
    const id = customId ?? `${this.epoch}-${decimal(sequence)}`;
    const text = encodeEventWithId(event, id, this.#encodeType);
    // Each character is at most three bytes, so the bytes of a small event need not be counted.
    if (text.length * 3 > this.#capacityBytes) {
      const byteLength = Buffer.byteLength(text);
      if (byteLength > this.#capacityBytes) throw this.#tooLarge(byteLength);
    }
    // A large event gets its own segment: no client resumes in the middle of it.
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

  /** Turns the waiting events into a segment, which clients cannot see yet. Returns whether events were waiting. */
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

  /** Continues after `count` more events that only the history contains. All appended events must be visible. */
  skip(count: number): void {
    this.#segments.length = this.#head = this.#bytes = 0;
    this.#start = this.#end = this.#sealedEnd += count;
  }

  /** Removes the oldest events until the log is within its limits. */
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

  /** Returns the segment that contains the event `sequence`. The log must still have it: `start <= sequence`. */
  segmentAt(sequence: number): Segment {
    let low = this.#head;
    let high = this.#segments.length - 1;
    // Nearly all calls need the newest segment (for clients that are up to date) or the oldest segment (for eviction).
    if (sequence >= this.#at(high).first) low = high;
    else if (sequence < this.#at(low).next) high = low;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sequence < this.#at(middle).next) high = middle;
      else low = middle + 1;
    }
    return this.#at(low);
  }

  /** Returns the position for a client whose last event id is `lastEventId`. */
  locate(lastEventId: string): Position {
    const sequence = this.#customIds.get(lastEventId);
    if (sequence !== undefined) return { kind: "exact", next: sequence + 1 };
    const id = parseSequenceId(lastEventId);
    if (id === undefined) return { kind: "gap", reason: "unknown", missed: null };
    // The application's ids may have the same form as the log's own ids.
    if (id.epoch !== this.epoch) return { kind: "gap", reason: this.#hasCustomIds ? "unknown" : "epoch", missed: null };
    if (id.sequence > this.published) return { kind: "gap", reason: "unknown", missed: null };
    const missed = this.oldest - 1 - id.sequence;
    if (missed > 0) return { kind: "gap", reason: "evicted", missed };
    return { kind: "exact", next: id.sequence + 1 };
  }

  /**
   * Returns the position for a client without a last event id.
   *
   * @param backlog - The number of newest events to send. With `Infinity`, the client expects the first event, and a
   * gap reports when that is gone.
   */
  positionFor(backlog: number): Position {
    if (backlog !== Infinity) return { kind: "exact", next: Math.max(this.oldest, this.#end - backlog) };
    if (this.oldest === 1) return { kind: "exact", next: 1 };
    return { kind: "gap", reason: "evicted", missed: this.oldest - 1 };
  }

  #tooLarge(byteLength: number): TailcastError {
    const problem = `its ${byteLength} bytes or more exceed capacityBytes (${this.#capacityBytes})`;
    return new TailcastError("EVENT_TOO_LARGE", `Cannot publish the event: ${problem}; raise it, or split the data`);
  }

  #forgetCustomIdBeforeStart(): void {
    const id = this.#customIdBeforeStart;
    // If the application used an id twice, the id refers to the later event.
    if (id !== undefined && this.#customIds.get(id) === this.#start - 1) this.#customIds.delete(id);
  }

  #at(index: number): Segment {
    const segment = this.#segments[index];
    if (segment === undefined)
      throw new RangeError(`No segment at ${index}: the log holds ${this.#start} to ${this.#sealedEnd}`);
    return segment;
  }
}
