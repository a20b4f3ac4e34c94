import { TailcastError } from "../../error.ts";
import { BuildLines } from "../lines/build-lines.ts";
import { LineIndex } from "../lines/line-index.ts";
import { followEvents } from "./log-events.ts";
import type { Channel } from "../../channel/channel.ts";
import type { FollowedEvent } from "./log-events.ts";

/** How long a request waits for the index, in milliseconds. The index of a million lines takes a few seconds. */
const MAX_WAIT = 30_000;

/** The index of the lines of a shared log. It follows the log while it is open. */
export class FollowedLines {
  readonly #channel: Channel;
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  #index = new LineIndex();
  #epoch: string;
  #waiters: (() => void)[] = [];
  #failure: unknown;

  /** @param epoch - The epoch of the log. */
  constructor(channel: Channel, epoch: string) {
    this.#channel = channel;
    this.#epoch = epoch;
    this.#following = this.#follow().catch((error: unknown) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /**
   * Resolves with the lines when the index has the events before `end`.
   *
   * @throws {TailcastError} `LOG_UNAVAILABLE` when that takes too long.
   */
  async upTo(end: number, epoch: string): Promise<BuildLines> {
    await this.indexUpTo(end, epoch);
    return new BuildLines(this.#channel, this.#epoch, this.#index);
  }

  /** Resolves with the index when it has the events before `end`. */
  async indexUpTo(end: number, epoch: string): Promise<LineIndex> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, MAX_WAIT);
    try {
      while (this.#index.end < end || this.#epoch !== epoch) {
        if (this.#failure !== undefined) throw this.#failure;
        if (isLate) {
          const reason = "the lines were not read in time; try again later";
          throw new TailcastError("LOG_UNAVAILABLE", `Cannot read the lines: ${reason}`);
        }
        await new Promise<void>((resolve) => this.#waiters.push(resolve));
      }
      return this.#index;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Stops following. */
  async close(): Promise<void> {
    this.#failure ??= new TailcastError("SHUTTING_DOWN", "Cannot read the lines: the server is shutting down");
    this.#closing.abort();
    this.#wake();
    await this.#following;
  }

  async #follow(): Promise<void> {
    for await (const events of followEvents(this.#channel, "all", this.#closing.signal)) {
      for (const event of events) this.#add(event);
      this.#wake();
    }
  }

  #add({ epoch, sequence, type, data }: FollowedEvent): void {
    // A gap has the id of the event before the next one.
    const next = type === "gap" ? sequence + 1 : sequence;
    if (epoch !== this.#epoch || next < this.#index.end) {
      this.#epoch = epoch;
      this.#index = new LineIndex();
    }
    while (this.#index.end < next) this.#index.skip();
    if (type !== "gap") this.#index.addEvent(type, data);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
