import type { BuildQueueOptions } from "../runner/build-queue.ts";
import type { Plan, PlanOptions } from "../runner/plan.ts";
import type { ProjectFolder } from "../runner/project/project.ts";

/** Plans the build of a folder, unless it is to be built by its `package.json`. */
export type FolderPlanner = (
  folder: ProjectFolder,
  inputs: Pick<PlanOptions, "script" | "install">,
) => Plan | undefined | Promise<Plan | undefined>;

type QueueOption =
  "concurrency" | "queueLimit" | "timeout" | "silence" | "nice" | "keep" | "keepSize" | "mask" | "logLimit";

/** The options of a `BuildApp`; those of its builds are those of a `BuildQueue`. */
export interface BuildAppOptions extends Pick<BuildQueueOptions, QueueOption> {
  /** Only projects in or below these directories can be built. */
  roots: readonly string[];
  /**
   * The name or address that the server listens on; a `Host` header must name it, `localhost` or an IP address. Default
   * `127.0.0.1`.
   */
  host?: string | undefined;
  /** A secret that every request must show; not empty. Default: none is asked for. */
  token?: string | undefined;
  /**
   * Origins of pages that may use the API, e.g. `https://ci.example`; the server answers to their host names, too.
   * Default: none.
   */
  allowedOrigins?: readonly string[] | undefined;
  /**
   * The folder where builds and their logs are stored, for `BuildApp.open`; it is made when there is none. Default:
   * none, they are in memory.
   */
  data?: string | undefined;
  /** How long running builds may go on when the app is closed, before they are cancelled, in milliseconds. Default 0. */
  grace?: number | undefined;
  /** How many clients each stream may have. Default 1000. */
  maxClients?: number | undefined;
  /** The longest silence on a stream, in milliseconds; 0 turns heartbeats off. Default 15 000. */
  heartbeat?: number | undefined;
  /** How many events each stream keeps for clients that come late or come back. Default 50 000. */
  capacity?: number | undefined;
  /**
   * Describes how to build folders that are no JavaScript projects: with `make`, with `cargo`, with anything. It is asked
   * about every folder below the roots that somebody wants to build, with what else they chose, and may answer later.
   * For `undefined` the folder's `package.json` counts. Default: it always does.
   */
  plan?: FolderPlanner | undefined;
  /** Called with every error that is the server's own fault, and answered 500. Default: nothing. */
  onError?: ((error: unknown) => void) | undefined;
}
