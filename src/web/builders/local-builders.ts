import { BuildQueue } from "../../runner/build-queue.ts";
import { recoverBuilds } from "../../streams/recover.ts";
import { StreamRegistry } from "../../streams/stream-registry.ts";
import { streamOptions } from "../build-app-options.ts";
import type { QueueCloseOptions } from "../../runner/build-queue-options.ts";
import type { BuildPlanner } from "../../runner/planning/build-planner.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { BuildStore } from "../../runner/store/build-store.ts";
import type { BuildAppSettings } from "../build-app-options.ts";
import type { Monitors } from "../monitoring/monitors.ts";
import type { Storage } from "../storage.ts";
import type { Builders } from "./builders.ts";

/** The parts of an app that its builds use. */
export interface LocalParts {
  readonly settings: BuildAppSettings;
  /** `undefined`: builds are in memory. */
  readonly storage: Storage | undefined;
  readonly plan: BuildPlanner;
  readonly monitors: Monitors;
}

/** The builds of an app that runs them itself. */
export class LocalBuilders implements Builders {
  readonly queue: BuildQueue;
  readonly streams: StreamRegistry;
  readonly #store: BuildStore | undefined;
  readonly #problems: string[] = [];

  /**
   * Opens the builds. With a storage, it continues the work of an earlier process. If an error occurs, the storage is
   * closed.
   */
  static async open(parts: LocalParts): Promise<LocalBuilders> {
    const { storage } = parts;
    let builders: LocalBuilders | undefined;
    try {
      builders = new LocalBuilders(parts);
      if (storage !== undefined) await builders.#recover(storage.store, parts);
      return builders;
    } catch (error) {
      await storage?.journal.close();
      await (builders ?? storage?.store)?.close();
      throw error;
    }
  }

  private constructor({ settings, storage, monitors }: LocalParts) {
    const { token, viewerToken, builds, onError } = settings;
    this.#store = storage?.store;
    this.streams = new StreamRegistry(streamOptions(settings), onError, storage);
    this.queue = new BuildQueue({
      ...builds,
      store: storage?.store,
      // A build can read the arguments of this process.
      maskValues: [...(builds.maskValues ?? []), token, viewerToken].filter((value) => value !== undefined),
      onEvent: (event) => (monitors.note(event), this.streams.publish(event)),
      onFailure: (build, error) => monitors.builds.noteFailure(build, error, storage?.store.logPath(build.id)),
      onForget: (buildId) => this.streams.forget(buildId),
    });
  }

  /** A sentence for each secret that cannot be masked, and for each stored build that could not be continued. */
  get warnings(): readonly string[] {
    return [...this.queue.warnings, ...this.#problems];
  }

  /** Stops builds, ends the streams, and closes the store when all builds have ended. */
  async close(options: QueueCloseOptions = {}): Promise<void> {
    await this.queue.close(options);
    await this.streams.close();
    await this.#store?.close();
  }

  async #recover(store: BuildStore, { plan, monitors }: LocalParts): Promise<void> {
    const { queue, streams } = this;
    const onProblem = (problem: string): void => void this.#problems.push(problem);
    const onLost = (build: BuildRecord): void => monitors.note({ type: "end", build });
    await recoverBuilds({ store, streams, queue, plan, onProblem, onLost });
  }
}
