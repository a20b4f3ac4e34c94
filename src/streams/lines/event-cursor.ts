import { EventStreamDecoder } from "../../protocol/decode.ts";
import { formatSequenceId, parseSequenceId } from "../../protocol/sequence-id.ts";
import { pauseAfterSlice } from "../../channel/clients/time-slice.ts";
import type { Channel } from "../../channel/channel.ts";

/** The maximum number of events that the cursor skips by reading them. Otherwise it searches the log again. */
const SHORT_WAY = 256;

/** An event of a log, with its position. */
export interface LogEvent {
  readonly sequence: number;
  readonly type: string;
  readonly data: string;
}

/** Reads events of a channel at any position. It omits events that are gone. Close it after use. */
export class EventCursor {
  readonly #channel: Channel;
  readonly #epoch: string;
  readonly #signal: AbortSignal | undefined;
  #pieces: AsyncGenerator<Uint8Array, void, undefined> | undefined;
  #decoder = new EventStreamDecoder();
  /** The events that were read, and the position of the next one in them. */
  #events: readonly LogEvent[] = [];
  #at = 0;
  /** The sequence number that follows the last event that was passed. */
  #next = 0;
  #oldest = 1;

  /**
   * @param epoch - The epoch of the channel's event ids.
   * @param signal - Aborts waiting and reading.
   */
  constructor(channel: Channel, epoch: string, signal?: AbortSignal) {
    this.#channel = channel;
    this.#epoch = epoch;
    this.#signal = signal;
  }

  /** The sequence number of the event that follows the last missing event; 1 if no event was missing. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Returns the events from `start` on, before `end`. All of them must be published. */
  async *read(start: number, end: number): AsyncGenerator<LogEvent, void, undefined> {
    if (this.#pieces === undefined || start < this.#next || start > this.#next + SHORT_WAY) await this.#open(start);
    while (this.#next < end) {
      for (let event = this.#events[this.#at]; event !== undefined; event = this.#events[this.#at]) {
        if (event.sequence > this.#next) this.#oldest = event.sequence;
        if (event.sequence >= end) return;
        this.#at++;
        this.#next = event.sequence + 1;
        if (event.sequence >= start) yield event;
      }
      if (this.#next >= end) return;
      const piece = await this.#pieces?.next();
      if (piece === undefined || piece.done === true) return;
      this.#decode(piece.value);
      await pauseAfterSlice();
    }
  }

  /** Ends reading. */
  async close(): Promise<void> {
    const pieces = this.#pieces;
    this.#pieces = undefined;
    await pieces?.return();
  }

  async #open(start: number): Promise<void> {
    await this.close();
    const place = start === 1 ? { backlog: "all" as const } : { lastEventId: formatSequenceId(this.#epoch, start - 1) };
    this.#pieces = this.#channel.read({ ...place, until: "now", signal: this.#signal });
    this.#decoder = new EventStreamDecoder();
    this.#events = [];
    this.#at = 0;
    this.#next = start;
  }

  #decode(bytes: Uint8Array): void {
    const events: LogEvent[] = [];
    for (const { type, data, lastEventId } of this.#decoder.decode(bytes)) {
      const id = parseSequenceId(lastEventId);
      // A gap has the id of the event before the next one, and is not an event of the log.
      if (type !== "gap" && id !== undefined) events.push({ sequence: id.sequence, type, data });
    }
    this.#events = events;
    this.#at = 0;
  }
}
