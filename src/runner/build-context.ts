import type { Build } from "./build.ts";
import type { BuildEmitterOptions } from "./build-emitter.ts";
import type { OutputMode } from "./output/output-pipes.ts";
import type { Cgroups } from "./cgroup/open-cgroups.ts";
import type { Secrets } from "./output/secrets.ts";
import type { ProcessIdentity } from "./process/identity.ts";
import type { Environment } from "./program/find-program.ts";
import type { BuildRecord } from "./record.ts";
import type { BuildResult } from "./result/build-result.ts";

/** Everything that a {@link Build} needs in addition to its plan. */
export interface BuildContext extends Pick<BuildEmitterOptions, "onLine" | "onState" | "onHint"> {
  /** The time limit of the build in milliseconds; 0: none. */
  readonly timeout: number;
  /** How long a step may print nothing, in milliseconds; 0: no limit. */
  readonly silence: number;
  /** The niceness of its processes, from 0 to 19. */
  readonly nice: number;
  readonly output: OutputMode;
  readonly cgroups: Cgroups;
  /** The time between SIGTERM and SIGKILL, in milliseconds. */
  readonly killGrace: number;
  readonly env: Environment;
  readonly secrets: Secrets;
  /** See {@link LogLimit}. */
  readonly logLimit: number;
  /** Called before the first command starts. The build waits for a returned promise. */
  readonly onStart: (buildId: string, cookie: string) => void | Promise<void>;
  /** Called right after each command has started. */
  readonly onSpawn: (buildId: string, identity: ProcessIdentity) => void | Promise<void>;
  /**
   * Called when processes of the build could not be ended in time.
   *
   * @param gone - Resolves with whether they have ended later.
   */
  readonly onLeft: (build: Build, gone: Promise<boolean>) => void;
  /** Whether states are stored, so that an error of the system concerns a file. */
  readonly isStored: boolean;
  /** Returns the result of the last build of the same work that succeeded. */
  readonly lastResult: (build: BuildRecord) => BuildResult | null;
  /** Called once, when an event could not be delivered or stored. */
  readonly onFailure: (build: BuildRecord, error: unknown) => void;
  /** Called once, right after the `end` event was emitted. */
  readonly onEnd: (build: Build) => void;
}

/** A build that waited when an earlier process ended. */
export interface FormerBuild {
  readonly record: BuildRecord;
  /** How many lines the earlier process emitted: the build may have started, but none of its commands has. */
  readonly lineCount: number;
}
