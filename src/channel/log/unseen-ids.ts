import { Backoff } from "./backoff.ts";
import type { SharedLog } from "../history/shared-log.ts";
import type { EventLog, Position } from "./event-log.ts";

/** The shortest time between two requests, in milliseconds: any client can send an id that causes one. */
const SHORTEST_PAUSE = 50;

/** An id, and the function that receives its position. */
interface UnseenId {
  readonly lastEventId: string;
  readonly onLocated: (position: Position | undefined) => void;
  /** The number of the first request that was sent after the id had arrived. */
  readonly request: number;
}

/** A position, and the epoch of the log to which it belongs. */
export interface LocatedPosition {
  readonly position: Position;
  readonly epoch: string;
}

/**
 * The ids of clients and readers that a shared log may have given, though this process has not seen their events: other
 * processes have sent them. Refreshes the log until it answers, and then locates the ids. Until then, the clients wait;
 * a `gap` would be wrong.
 */
export class UnseenIds {
  readonly #shared: Pick<SharedLog, "refresh">;
  readonly #log: EventLog;
  readonly #onFailure: (error: unknown) => void;
  readonly #ids = new Map<object, UnseenId>();
  /** The number of requests so far. */
  #requests = 0;
  #isAsking = false;

  /** @param onFailure - Called when the log does not answer, once until it answers. */
  constructor(shared: Pick<SharedLog, "refresh">, log: EventLog, onFailure: (error: unknown) => void) {
    this.#shared = shared;
    this.#log = log;
    this.#onFailure = onFailure;
  }

  /** The number of ids that are not located yet. */
  get size(): number {
    return this.#ids.size;
  }

  /**
   * Locates an id.
   *
   * @param owner - The client or reader with this id.
   * @param onLocated - Called once, in a later turn, with a position that is not `unseen`; with `undefined` by `clear`.
   */
  add(owner: object, lastEventId: string, onLocated: (position: Position | undefined) => void): void {
    // The answer to a request that is under way may be older than the event with this id.
    this.#ids.set(owner, { lastEventId, onLocated, request: this.#requests + 1 });
    if (!this.#isAsking) void this.#ask();
  }

  /** Resolves with the position of an id; with `undefined` when `signal` is aborted, or by `clear`. */
  locate(lastEventId: string, signal: AbortSignal): Promise<LocatedPosition | undefined> {
    return new Promise((resolve) => {
      const settle = (position: Position | undefined): void => {
        // The epoch may change again before the caller continues.
        resolve(position && { position, epoch: this.#log.epoch });
      };
      const known = this.#log.locate(lastEventId);
      if (signal.aborted || known.kind !== "unseen") return settle(signal.aborted ? undefined : known);
      const leave = (): void => {
        this.delete(signal);
        settle(undefined);
      };
      signal.addEventListener("abort", leave);
      this.add(signal, lastEventId, (position) => {
        signal.removeEventListener("abort", leave);
        settle(position);
      });
    });
  }

  delete(owner: object): void {
    this.#ids.delete(owner);
  }

  /** Locates the ids whose events have arrived. Call it when the log has changed. */
  update(): void {
    for (const [owner, { lastEventId, onLocated }] of this.#ids) {
      const position = this.#log.locate(lastEventId);
      if (position.kind !== "unseen") this.#settle(owner, onLocated, position);
    }
  }

  /** Stops asking. */
  clear(): void {
    for (const [owner, { onLocated }] of this.#ids) this.#settle(owner, onLocated, undefined);
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const backoff = new Backoff();
    // All ids that arrive in one turn share the first request.
    await new Promise(setImmediate);
    while (this.#ids.size > 0) {
      const request = ++this.#requests;
      const failure = await this.#refresh();
      let pause = SHORTEST_PAUSE;
      if (failure === undefined) {
        backoff.reset();
        this.#answer(request);
      } else {
        if (backoff.isReset) this.#onFailure(failure.error);
        pause = backoff.next();
      }
      await new Promise<void>((resolve) => void setTimeout(resolve, pause).unref());
    }
    this.#isAsking = false;
  }

  async #refresh(): Promise<{ readonly error: unknown } | undefined> {
    try {
      await this.#shared.refresh();
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  /** Locates the ids that arrived before a request, with its answer. */
  #answer(answered: number): void {
    for (const [owner, { lastEventId, onLocated, request }] of this.#ids) {
      if (request <= answered) this.#settle(owner, onLocated, this.#log.locate(lastEventId, true));
    }
  }

  #settle(owner: object, onLocated: UnseenId["onLocated"], position: Position | undefined): void {
    this.#ids.delete(owner);
    onLocated(position);
  }
}
