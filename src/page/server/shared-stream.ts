import { EventRing, sequenceOf } from "./event-ring.ts";
import type { PlacedEvent } from "./event-ring.ts";
import type { HubEvent, HubRequest } from "./hub-protocol.ts";
import type { EventSourceLike, StreamMessage } from "./live-stream.ts";

const OPEN = 1;
const CLOSED = 2;

/** A tab that receives a stream. */
export interface StreamMember {
  readonly request: HubRequest;
  opened(): void;
  receive(event: HubEvent): void;
  /** With `isClosed`, the stream has ended, and the tab is no longer its member. */
  failed(isClosed: boolean): void;
}

interface Membership {
  /** The number of the last event that the tab has received. */
  last: number;
  /** Whether the tab knows that the stream is open. */
  isOpen: boolean;
}

/**
 * One EventSource that several tabs receive. Each tab receives every event after its own last id once: from the ring if
 * it has them, otherwise from another connection that starts earlier.
 */
export class SharedStream {
  readonly #connect: (url: string) => EventSourceLike;
  readonly #request: HubRequest;
  readonly #members = new Map<StreamMember, Membership>();
  #ring = new EventRing(0);
  #source: EventSourceLike | undefined;
  /** The number of the last event. */
  #last = 0;
  /** Whether the server did not know an id, and has repeated everything that it keeps. */
  #wasReset = false;

  constructor(connect: (url: string) => EventSourceLike, request: HubRequest) {
    this.#connect = connect;
    this.#request = request;
  }

  /** Whether no tab receives the stream. */
  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  /** Adds a tab. */
  join(member: StreamMember): void {
    const { lastEventId, isComplete } = member.request;
    const membership = { last: sequenceOf(lastEventId), isOpen: false };
    this.#members.set(member, membership);
    const isBehind = membership.last < this.#ring.start;
    // Usually such a tab has asked for lines that the stream is about to receive.
    const mayBeUnknown = this.#wasReset && membership.last > this.#last;
    if (this.#source === undefined || (isComplete && (isBehind || mayBeUnknown))) {
      this.#open(lastEventId);
      return;
    }
    if (this.#source.readyState === OPEN) this.#tellOpened(member, membership);
    for (const event of isComplete ? this.#ring.after(membership.last) : []) this.#pass(event, member, membership);
  }

  /** Removes a tab; the last one closes the connection. */
  leave(member: StreamMember): void {
    if (this.#members.delete(member) && this.isEmpty) this.#close();
  }

  #open(lastEventId: string): void {
    this.#close();
    const { path, types } = this.#request;
    this.#ring = new EventRing(sequenceOf(lastEventId));
    this.#wasReset = false;
    const query = lastEventId === "" ? "" : `?lastEventId=${encodeURIComponent(lastEventId)}`;
    const source = this.#connect(path + query);
    this.#source = source;
    const isCurrent = (): boolean => source === this.#source;
    source.addEventListener("open", () => {
      if (isCurrent()) for (const [member, membership] of this.#members) this.#tellOpened(member, membership);
    });
    source.addEventListener("error", () => {
      if (isCurrent()) this.#fail(source.readyState === CLOSED);
    });
    for (const type of types) {
      source.addEventListener(type, (event) => {
        if (isCurrent()) this.#receive(type, event);
      });
    }
  }

  #receive(type: string, { data, lastEventId }: StreamMessage): void {
    const event = { type, data, lastEventId, sequence: sequenceOf(lastEventId) };
    if (type === "gap" && repeatsEverything(data)) {
      this.#ring = new EventRing(event.sequence);
      this.#wasReset = true;
      for (const membership of this.#members.values()) membership.last = -1;
    }
    this.#last = event.sequence;
    if (this.#request.isComplete) this.#ring.push(event);
    for (const [member, membership] of [...this.#members]) {
      if (this.#members.has(member)) this.#pass(event, member, membership);
    }
  }

  #pass({ type, data, lastEventId, sequence }: PlacedEvent, member: StreamMember, membership: Membership): void {
    if (this.#request.isComplete) {
      if (sequence <= membership.last) return;
      membership.last = sequence;
    }
    member.receive({ type, data, lastEventId });
  }

  #tellOpened(member: StreamMember, membership: Membership): void {
    if (membership.isOpen) return;
    membership.isOpen = true;
    member.opened();
  }

  #fail(isClosed: boolean): void {
    const members = [...this.#members];
    if (isClosed) {
      this.#members.clear();
      this.#close();
    }
    for (const [member, membership] of members) {
      membership.isOpen = false;
      member.failed(isClosed);
    }
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}

/** Whether the server sends everything that it keeps after this `gap` event, because it does not know the last id. */
function repeatsEverything(data: string): boolean {
  return (JSON.parse(data) as { readonly missed: number | null }).missed === null;
}
