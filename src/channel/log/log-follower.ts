import type { ClientSet } from "../clients/client-set.ts";
import type { LogFollower, SharedLog, StoredEvents } from "../history/shared-log.ts";
import type { EventLog } from "./event-log.ts";
import type { Publisher } from "./publisher.ts";

/** The parts of a channel that a shared log changes. */
export interface FollowerParts {
  readonly log: EventLog;
  readonly publisher: Publisher;
  readonly clientSet: ClientSet;
  /** Called when another epoch has started, with the number of events of the epoch before. */
  onEpoch(published: number): void;
  /** Called when the log is complete, perhaps more than once. */
  onComplete(): void;
  /** Called when the shared log does not answer. */
  onFailure(error: unknown): void;
}

/** Applies the changes of a shared log to a channel. */
export class ChannelFollower implements LogFollower {
  readonly #shared: SharedLog;
  readonly #parts: FollowerParts;
  readonly #unfollow: () => void;

  /** Starts to follow the log. */
  constructor(shared: SharedLog, parts: FollowerParts) {
    this.#shared = shared;
    this.#parts = parts;
    this.#unfollow = shared.follow(this);
    if (shared.isComplete) parts.onComplete();
  }

  /** Stops following the log. */
  stop(): void {
    this.#unfollow();
    this.#parts.clientSet.unseenIds?.clear();
  }

  onEvents({ first, texts }: StoredEvents): void {
    this.#parts.publisher.appendStored(first, texts);
    this.#parts.clientSet.unseenIds?.update();
  }

  onReset(): void {
    const { log, publisher, clientSet } = this.#parts;
    const { epoch, end, isComplete } = this.#shared;
    if (epoch === log.epoch) return;
    // Events that wait for a window are still those of the old epoch.
    publisher.flush();
    const { epoch: oldEpoch, published } = log;
    log.reset(epoch, end);
    clientSet.leaveEpoch(oldEpoch);
    clientSet.unseenIds?.update();
    this.#parts.onEpoch(published);
    if (isComplete) this.onComplete();
  }

  onComplete(): void {
    this.#parts.onComplete();
    this.#parts.clientSet.unseenIds?.update();
  }

  onFailure(error: unknown): void {
    this.#parts.onFailure(error);
  }
}
