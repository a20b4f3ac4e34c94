import type { ChannelOptions } from "../../channel/options.ts";
import type { QueueCloseOptions } from "../../runner/build-queue-options.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { PlanRequest } from "../../runner/planning/build-planner.ts";
import type { Plan } from "../../runner/planning/plan.ts";
import type { PlanDraft } from "../../runner/planning/plan-draft.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { BuildStreams } from "../../streams/build-streams.ts";

/**
 * The builds that the HTTP API starts, lists and cancels. `BuildQueue` is the default. Another implementation can let
 * other processes run them.
 *
 * It throws the errors of `BuildQueue`, with the same codes: the API turns them into replies.
 */
export interface BuildService {
  /**
   * Accepts a build.
   *
   * @param plan - The plan of this process. No other process can run it, because it has functions.
   * @param request - The request as data, from which another process can make the plan again. Its `projectPath` can be
   * relative; that of `plan` is absolute.
   */
  add(plan: Plan | PlanDraft, request: PlanRequest): BuildRecord | Promise<BuildRecord>;
  /** Resolves when an accepted build survives the end of this process. Rejects when it could not be stored. */
  stored(id: string): Promise<void>;
  /** The current record of a build. @throws {TailcastError} `BUILD_NOT_FOUND` */
  get(id: string): BuildRecord | Promise<BuildRecord>;
  /** The current records of all builds, the newest first. */
  list(): BuildRecord[];
  /** Cancels a build. Called a second time, it kills the build's processes at once. */
  cancel(id: string): BuildRecord | Promise<BuildRecord>;
  /** The request for a build, to repeat it. */
  inputs(id: string): PlanRequest | Promise<PlanRequest>;
}

/** The builds and streams behind the HTTP API. See the option `builders` of `BuildApp`. */
export interface Builders {
  readonly queue: BuildService;
  readonly streams: BuildStreams;
  /** Sentences about problems, for the operator. Default: none. */
  readonly warnings?: readonly string[] | undefined;
  /** Ends the streams, and releases everything. The app calls it a second time when its own `close` is called again. */
  close(options: QueueCloseOptions): Promise<void>;
}

/** The parts of an app that {@link Builders} use. */
export interface BuildersContext {
  /** The options of every channel: limits, heartbeats and how clients are counted. */
  readonly channel: ChannelOptions;
  /** Receives the events of builds from now on. The app counts builds with them for metrics, and logs them. */
  readonly onEvent: (event: BuildEvent) => void;
  /** Receives unexpected errors. */
  readonly onError: (error: unknown) => void;
}

/** Opens the builds and streams of an app. */
export type OpenBuilders = (context: BuildersContext) => Builders | Promise<Builders>;
