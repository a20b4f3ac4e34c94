import { checkInteger } from "../../check-options.ts";
import type { BuildStore } from "./build-store.ts";

/** How many builds that have ended are kept, and where. */
export interface RetentionOptions {
  /** The maximum number of builds. When it is exceeded, the build that ended first is forgotten. Default 20. */
  keep?: number | undefined;
  /** The maximum size of their stored logs in bytes, likewise. The newest build is always kept. Default 1 GiB. */
  keepSize?: number | undefined;
  /** The store of the builds. Default: they are not stored. */
  store?: BuildStore | undefined;
}

/** Builds that have ended: forgets the oldest when there are too many, and removes their stored data. */
export class Retention {
  readonly #keep: number;
  readonly #keepSize: number;
  readonly #store: BuildStore | undefined;
  readonly #onForget: (id: string) => void;
  /** In the order in which they ended. */
  readonly #ended = new Map<string, { bytes: number; readonly isStored: Promise<void> }>();
  readonly #removals = new Set<Promise<void>>();

  /**
   * @param onForget - Called for each build that is forgotten.
   * @throws {TailcastError} `INVALID_OPTION`, naming the option.
   */
  constructor({ keep, keepSize, store }: RetentionOptions, onForget: (id: string) => void) {
    this.#keep = checkInteger("keep", keep ?? 20, { min: 0 });
    this.#keepSize = checkInteger("keepSize", keepSize ?? 1024 ** 3, { min: 0, orInfinity: true });
    this.#store = store;
    this.#onForget = onForget;
  }

  /**
   * Adds a build that has ended. Resolves when the size of its log is known.
   *
   * @param isStored - Resolves when its end is stored; never rejects.
   */
  async add(id: string, isStored: Promise<void> = Promise.resolve()): Promise<void> {
    const entry = { bytes: 0, isStored };
    this.#ended.set(id, entry);
    this.#forgetOldest();
    if (this.#store === undefined) return;
    await isStored;
    entry.bytes = await this.#store.logBytes(id);
    this.#forgetOldest();
  }

  /** Resolves when the data of all forgotten builds is removed. */
  async idle(): Promise<void> {
    await Promise.all(this.#removals);
  }

  #forgetOldest(): void {
    let bytes = Array.from(this.#ended.values()).reduce((sum, entry) => sum + entry.bytes, 0);
    for (const [id, entry] of this.#ended) {
      // The newest stays, however large it is: a person is about to look at it.
      if (this.#ended.size <= this.#keep && (bytes <= this.#keepSize || this.#ended.size === 1)) return;
      bytes -= entry.bytes;
      this.#ended.delete(id);
      this.#onForget(id);
      this.#remove(id, entry.isStored);
    }
  }

  /**
   * Waits until the end is stored: that write would create the folder again. If removing fails, the next process
   * retries.
   */
  #remove(id: string, isStored: Promise<void>): void {
    const store = this.#store;
    if (store === undefined) return;
    const removal: Promise<void> = isStored
      .then(() => store.remove(id))
      .catch(() => undefined)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }
}
