import { Channel } from "../../channel/channel.ts";
import { TailcastError } from "../../error.ts";
import { completeRecord } from "../../runner/record.ts";
import { FollowedPosition } from "./followed-position.ts";
import { followEvents } from "./log-events.ts";
import { STATES_TOPIC } from "./log-store.ts";
import type { SharedLog } from "../../channel/history/shared-log.ts";
import type { BuildStateEvent } from "../../runner/events.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { FollowedEvent } from "./log-events.ts";
import type { LogStore } from "./log-store.ts";

/** The options of {@link BuildStates}. */
export interface BuildStatesOptions {
  /** The number of ended builds to keep. */
  readonly keep: number;
  /** How long {@link BuildStates.refresh} waits for the events, in milliseconds. */
  readonly patience: number;
  /** Called with each change, and at the start with the builds that have not ended. */
  readonly onEvent: (event: BuildStateEvent) => void;
  readonly onError: (error: unknown) => void;
}

/** The states of all builds, of all processes: a copy in memory that follows the shared log of states. */
export class BuildStates {
  readonly #log: SharedLog;
  readonly #options: BuildStatesOptions;
  readonly #channel: Channel;
  readonly #closing = new AbortController();
  readonly #builds = new Map<string, BuildRecord>();
  /** The builds in the order of the API; `undefined` after a change. */
  #list: readonly BuildRecord[] | undefined;
  #isLoaded = false;
  readonly #position: FollowedPosition;
  #following: Promise<void> = Promise.resolve();

  /** Resolves when all states are known that are stored now. */
  static async open(logs: LogStore, options: BuildStatesOptions): Promise<BuildStates> {
    const log = await logs.open(STATES_TOPIC);
    const states = new BuildStates(log, options);
    await new Promise<void>((resolve, reject) => {
      states.#following = states.#follow(log.end, resolve).catch((error: unknown) => {
        options.onError(error);
        states.#position.fail(error);
        reject(error);
      });
    });
    return states;
  }

  private constructor(log: SharedLog, options: BuildStatesOptions) {
    this.#log = log;
    this.#options = options;
    this.#position = new FollowedPosition(log.epoch);
    this.#channel = new Channel({ log, backlog: "all" });
  }

  /**
   * Resolves with the state of a build.
   *
   * @throws {TailcastError} (as a rejection) `BUILD_NOT_FOUND`; `LOG_UNAVAILABLE` when the store does not answer.
   */
  async get(id: string): Promise<BuildRecord> {
    const build = await this.find(id);
    if (build !== undefined) return build;
    const message = "Cannot find the build: no build has this id, or it was removed since";
    throw new TailcastError("BUILD_NOT_FOUND", message);
  }

  /**
   * Resolves with the state of a build, if there is one. When this process does not know the build, it asks the store:
   * another process may have just accepted it.
   */
  async find(id: string): Promise<BuildRecord | undefined> {
    const isWanted = (build: BuildRecord): boolean => build.id === id;
    const known = this.list().find(isWanted);
    if (known !== undefined) return known;
    await this.refresh();
    return this.list().find(isWanted);
  }

  /** The states of all builds, the newest first. */
  list(): BuildRecord[] {
    this.#list ??= inOrder(this.#builds.values());
    return [...this.#list];
  }

  /**
   * Resolves when the states are known that the store has now.
   *
   * @throws {TailcastError} (as a rejection) `LOG_UNAVAILABLE` when that takes too long.
   */
  async refresh(): Promise<void> {
    await this.#log.refresh();
    const { start, end, epoch } = this.#log;
    if (start < end) await this.#position.reach(end, epoch, this.#options.patience);
  }

  /** Records a state that this process has published, before it arrives from the store. */
  note(event: BuildStateEvent): void {
    const { build } = event;
    const known = this.#builds.get(build.id);
    // An event can be in the log twice, also after a later one.
    if (known !== undefined && rankOf(build) < rankOf(known)) return;
    if (known?.finishedAt != null) return;
    this.#builds.set(build.id, build);
    this.#list = undefined;
    if (event.type === "end") this.#forgetOldest();
    if (this.#isLoaded && JSON.stringify(known) !== JSON.stringify(build)) this.#options.onEvent(event);
  }

  async close(): Promise<void> {
    const reason = "the server is shutting down";
    this.#position.fail(new TailcastError("SHUTTING_DOWN", `Cannot read the states: ${reason}`));
    this.#closing.abort();
    await this.#following;
    await this.#channel.close();
    await this.#log.close();
  }

  /** @param end - The sequence number after the last event that is stored now. */
  async #follow(end: number, onLoaded: () => void): Promise<void> {
    const { signal } = this.#closing;
    const load = (): void => {
      this.#isLoaded = true;
      for (const build of this.list()) {
        if (build.finishedAt === null) this.#options.onEvent({ type: "build", build });
      }
      onLoaded();
    };
    if (this.#log.start === end) load();
    for await (const events of followEvents(this.#channel, "all", signal)) {
      for (const event of events) this.#add(event);
      this.#position.advance(events);
      const reached = events.at(-1)?.sequence ?? 0;
      if (!this.#isLoaded && reached >= end - 1) load();
    }
  }

  #add({ type, data }: FollowedEvent): void {
    if (type !== "build" && type !== "end") return;
    try {
      const build = completeRecord(JSON.parse(data) as BuildRecord);
      if (typeof build.id === "string") this.note({ type, build });
    } catch (error) {
      this.#options.onError(error);
    }
  }

  #forgetOldest(): void {
    const ended = this.list().filter(({ finishedAt }) => finishedAt !== null);
    for (const { id } of ended.slice(this.#options.keep)) this.#builds.delete(id);
    this.#list = undefined;
  }
}

/** The order of states: a build is queued, then it runs, then it has ended. */
function rankOf({ status, finishedAt }: BuildRecord): number {
  if (finishedAt !== null) return 2;
  return status === "running" ? 1 : 0;
}

/** Sorts builds by age, the newest first, and counts their positions in the queue. */
function inOrder(builds: Iterable<BuildRecord>): BuildRecord[] {
  const oldestFirst = [...builds].sort((a, b) => (a.id < b.id ? -1 : 1));
  let position = 0;
  const known = oldestFirst.map((build): BuildRecord => {
    return build.status === "queued" ? { ...build, queuePosition: ++position } : build;
  });
  return known.reverse();
}
