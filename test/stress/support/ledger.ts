import assert from "node:assert/strict";
import { parseSequenceId } from "../../../dist/protocol/sequence-id.js";
import type { Channel } from "../../../dist/channel/channel.js";
import type { DecodedEvent } from "../../../dist/protocol/decode.js";
import type { Round } from "./scenario.js";

interface Gap {
  readonly lastEventId: string;
  readonly reason: string;
  readonly missed: number | null;
}

/** The id of each numbered event. */
export type Naming = (sequence: number) => string;

/** The channel's own ids, for the epoch that the tests use. */
export const BY_SEQUENCE: Naming = (sequence) => `e-${sequence}`;

/** Ids of an application; not ASCII, which is hard to pass in headers. */
export const BY_ORDER: Naming = (sequence) => `Aufträge/${sequence}`;

/** Publishes events whose data starts with their number: 1, 2, 3 ... */
export class Publisher {
  published = 0;
  readonly #channel: Channel;
  readonly #naming: Naming;

  constructor(channel: Channel, naming: Naming = BY_SEQUENCE) {
    this.#channel = channel;
    this.#naming = naming;
  }

  publish(bytes: number): void {
    const sequence = ++this.published;
    const data = `${sequence} `.padEnd(bytes, "abcdefghij klmnopqrst\n");
    const id = this.#naming(sequence);
    const given = this.#channel.publish(this.#naming === BY_SEQUENCE ? data : { data, id });
    assert.equal(given, id);
  }

  /** Publishes `count` events of a random size in this turn. */
  burst(round: Round, count: number, maxBytes: number): void {
    for (let index = 0; index < count; index++) this.publish(round.between(1, maxBytes));
  }
}

/**
 * Records the events of one client over all its connections, and throws at the first event that is not the next one:
 * each event follows the previous one, or a `gap` stands between them whose `missed` is the difference.
 */
export class Ledger {
  readonly #naming: Naming;
  /** The number of the event that must come next. */
  next: number;
  received = 0;
  missed = 0;
  gaps = 0;
  #lastEventId = "";

  constructor(first = 1, naming: Naming = BY_SEQUENCE) {
    this.next = first;
    this.#naming = naming;
  }

  record(event: DecodedEvent): void {
    if (event.type === "gap") this.#recordGap(event);
    else if (event.type === "message") this.#recordEvent(event);
    else assert.fail(`an event of the type ${event.type}`);
    this.#lastEventId = event.lastEventId;
  }

  /** Every event up to `last` was either received or declared missing. */
  isCompleteTo(last: number): boolean {
    return this.next === last + 1;
  }

  #recordEvent({ data, lastEventId }: DecodedEvent): void {
    const sequence = Number.parseInt(data, 10);
    assert.equal(
      sequence,
      this.next,
      sequence < this.next ? "an event came again" : "an event is missing, and no gap says so",
    );
    assert.equal(lastEventId, this.#naming(sequence));
    this.received++;
    this.next++;
  }

  #recordGap({ data, lastEventId }: DecodedEvent): void {
    const { lastEventId: told, reason, missed } = JSON.parse(data) as Gap;
    const rebased = parseSequenceId(lastEventId);
    assert.equal(rebased?.epoch, "e", "a gap's id is in the channel's own epoch");
    const difference = (rebased?.sequence ?? NaN) + 1 - this.next;
    assert.ok(difference > 0, `a gap that skips ${difference} events`);
    // No one can count from a forgotten id of the application.
    const isForgotten = reason === "unknown" && this.#naming !== BY_SEQUENCE;
    assert.equal(missed, isForgotten ? null : difference, `what the gap (${reason}) says to be missing`);
    assert.equal(told, reason === "lagged" ? BY_SEQUENCE(this.next - 1) : this.#lastEventId);
    this.missed += difference;
    this.gaps++;
    this.next += difference;
  }
}
