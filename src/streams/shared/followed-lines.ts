import { TailcastError } from "../../error.ts";
import { BuildLines } from "../lines/build-lines.ts";
import { LineIndex } from "../lines/line-index.ts";
import { FollowedPosition } from "./followed-position.ts";
import { followEvents } from "./log-events.ts";
import type { Channel } from "../../channel/channel.ts";
import type { FollowedEvent } from "./log-events.ts";

/** How long a request waits for the index, in milliseconds. The index of a million lines takes a few seconds. */
const MAX_WAIT = 30_000;

/** The index of the lines of a shared log. It follows the log while it is open. */
export class FollowedLines {
  readonly #channel: Channel;
  readonly #closing = new AbortController();
  readonly #position: FollowedPosition;
  readonly #following: Promise<void>;
  #index = new LineIndex();

  /** @param epoch - The epoch of the log. */
  constructor(channel: Channel, epoch: string) {
    this.#channel = channel;
    this.#position = new FollowedPosition(epoch);
    this.#following = this.#follow().catch((error: unknown) => this.#position.fail(error));
  }

  /**
   * Resolves with the lines when the index has the events before `end`.
   *
   * @throws {TailcastError} `LOG_UNAVAILABLE` when that takes too long.
   */
  async upTo(end: number, epoch: string): Promise<BuildLines> {
    const index = await this.indexUpTo(end, epoch);
    return new BuildLines(this.#channel, this.#position.epoch, index);
  }

  /** Resolves with the index when it has the events before `end`. */
  async indexUpTo(end: number, epoch: string): Promise<LineIndex> {
    await this.#position.reach(end, epoch, MAX_WAIT);
    return this.#index;
  }

  /** Stops following. */
  async close(): Promise<void> {
    const reason = "the server is shutting down";
    this.#position.fail(new TailcastError("SHUTTING_DOWN", `Cannot read the lines: ${reason}`));
    this.#closing.abort();
    await this.#following;
  }

  async #follow(): Promise<void> {
    let { epoch } = this.#position;
    for await (const events of followEvents(this.#channel, "all", this.#closing.signal)) {
      for (const event of events) {
        if (event.epoch !== epoch) this.#index = new LineIndex();
        epoch = event.epoch;
        this.#add(event);
      }
      this.#position.advance(events);
    }
  }

  #add({ sequence, type, data }: FollowedEvent): void {
    // The id of a gap is that of the event before the next one.
    const next = type === "gap" ? sequence + 1 : sequence;
    if (next < this.#index.end) this.#index = new LineIndex();
    while (this.#index.end < next) this.#index.skip();
    if (type !== "gap") this.#index.addEvent(type, data);
  }
}
