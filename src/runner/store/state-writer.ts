import type { BuildStore, StoredBuild } from "./build-store.ts";
import type { BuildRecord } from "../record.ts";

/** Identifies the processes of a build. */
export type StoredProcesses = Partial<Pick<StoredBuild, "cookie" | "identity">>;

/**
 * Stores the state of each build after every change, always after the consumer has accepted the event of that change:
 * the log contains everything that the stored state says.
 */
export class StateWriter {
  readonly #store: BuildStore;
  /** The newest change of each build that is not stored yet. */
  readonly #changes = new Map<string, Promise<void>>();
  /** Builds whose stored state is `queued`. */
  readonly #queued = new Set<string>();

  constructor(store: BuildStore) {
    this.#store = store;
  }

  /**
   * Stores a state.
   *
   * @param delivery - Resolves when the consumer has accepted the event of this state.
   * @param processes - Stored together with the record.
   * @returns Resolves when it is stored; rejects when the delivery or the write fails.
   */
  write(record: BuildRecord, delivery: Promise<void>, processes: StoredProcesses = {}): Promise<void> {
    const { id, status } = record;
    if (status !== "queued") this.#queued.delete(id);
    // The position in the queue is not stored: the next process counts again.
    else if (this.#queued.has(id)) return delivery;
    else this.#queued.add(id);
    const change = this.#write({ record, ...processes }, delivery, this.#changes.get(id));
    this.#changes.set(id, change);
    const forget = (): void => {
      if (this.#changes.get(id) === change) this.#changes.delete(id);
    };
    change.then(forget, forget);
    return change;
  }

  /** Resolves when the newest state of a build is stored; rejects when it could not be stored. */
  async stored(id: string): Promise<void> {
    await this.#changes.get(id);
  }

  /** Stores the identity of the processes of a build. */
  async writeProcesses(id: string, processes: StoredProcesses): Promise<void> {
    await this.#changes.get(id)?.catch(() => undefined);
    await this.#store.save(id, processes);
  }

  async #write(
    change: StoredProcesses & Pick<StoredBuild, "record">,
    delivery: Promise<void>,
    before: Promise<void> | undefined,
  ): Promise<void> {
    const { id, finishedAt } = change.record;
    const [{ status }] = await Promise.allSettled([delivery, before]);
    // The end is stored even when the log could not be: otherwise the next process would mark the build as lost.
    if (status === "fulfilled" || finishedAt !== null) await this.#store.save(id, change);
    await delivery;
  }
}
