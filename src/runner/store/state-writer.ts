import type { BuildStore, StoredBuild } from "./build-store.ts";
import type { BuildChangedEvent, BuildEndEvent, BuildEvent } from "../events.ts";
import type { Plan } from "../plan.ts";

/**
 * Stores the state of each build as it changes, always after the consumer of its events has taken the change: what the
 * stored state says is in the log, too.
 */
export class StateWriter {
  readonly #store: BuildStore;
  readonly #onEvent: (event: BuildEvent) => void | Promise<void>;
  readonly #planOf: (id: string) => Plan | null;
  /** The newest change of each build that is under way. */
  readonly #changes = new Map<string, Promise<void>>();
  /** Builds of which it is stored that they wait. */
  readonly #waiting = new Set<string>();

  /** @param planOf The plan of a build that waits; `null` for others. */
  constructor(
    store: BuildStore,
    onEvent: (event: BuildEvent) => void | Promise<void>,
    planOf: (id: string) => Plan | null,
  ) {
    this.#store = store;
    this.#onEvent = onEvent;
    this.#planOf = planOf;
  }

  /** Gives an event to the consumer, at once. For a change of state, resolves when it is stored. */
  readonly take = (event: BuildEvent): void | Promise<void> => {
    return event.type === "line" ? this.#onEvent(event) : this.#keep(event);
  };

  /** Resolves when the newest state of a build is stored. Rejects when it could not be. */
  async kept(id: string): Promise<void> {
    await this.#changes.get(id);
  }

  /** Stores what a build's processes can be found by. */
  async note(id: string, change: Pick<Partial<StoredBuild>, "cookie" | "identity">): Promise<void> {
    await this.#changes.get(id)?.catch(() => undefined);
    await this.#store.save(id, change);
  }

  #keep(event: BuildChangedEvent | BuildEndEvent): Promise<void> {
    const record = event.build;
    const take = async (): Promise<void> => this.#onEvent(event);
    if (record.status !== "queued") this.#waiting.delete(record.id);
    // Another position in the queue will soon be another again, and the next process counts anew.
    else if (this.#waiting.has(record.id)) return take();
    else this.#waiting.add(record.id);
    const before = this.#changes.get(record.id);
    const plan = this.#planOf(record.id);
    const taken = take();
    const save = async (): Promise<void> => {
      const [delivery] = await Promise.allSettled([taken, before]);
      // How a build ended is stored even when its log could not be: the next process must not take it for lost.
      if (delivery.status === "fulfilled" || event.type === "end") await this.#store.save(record.id, { record, plan });
      await taken;
    };
    const change = save();
    this.#changes.set(record.id, change);
    // The caller is told; this is for the map.
    const forget = (): void => {
      if (this.#changes.get(record.id) === change) this.#changes.delete(record.id);
    };
    change.then(forget, forget);
    return change;
  }
}
