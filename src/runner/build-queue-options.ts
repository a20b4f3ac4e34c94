import type { BuildEvent } from "./events.ts";
import type { Environment } from "./program/find-program.ts";
import type { ProcessIdentity } from "./process/identity.ts";
import type { OutputMode } from "./output/output-pipes.ts";
import type { BuildRecord } from "./record.ts";
import type { BuildStore } from "./store/build-store.ts";
import type { RetentionOptions } from "./store/retention.ts";

/** The options of a `BuildQueue`. Only `onEvent` is required. */
export interface BuildQueueOptions extends Pick<RetentionOptions, "keep" | "keepSize"> {
  /** The maximum number of running builds. Default 2. */
  concurrency?: number | undefined;
  /** The maximum number of queued builds. Default 20. */
  queueLimit?: number | undefined;
  /** The time limit of a build, in milliseconds; 0: none. Default 1 800 000, half an hour. */
  timeout?: number | undefined;
  /**
   * The time without output after which a step is stopped as timed out, in milliseconds. 0: no limit. Default 0,
   * since some linkers and bundlers print nothing for minutes, and `timeout` ends a build that hangs.
   */
  silence?: number | undefined;
  /** The niceness of the commands, from 0 to 19; never less than that of this process. Default 0. */
  nice?: number | undefined;
  /**
   * The maximum number of processes and threads of a step, 0 to 4 194 304; a program of Node.js has about 11 threads.
   * 0: no limit. It needs a cgroup: see `cgroup`, whose default becomes `auto`. Where it cannot be enforced, builds run
   * without it, and {@link BuildQueue.warnings} and each log say so. Default 0.
   */
  pids?: number | undefined;
  /**
   * The cgroup (v2) below which each step has its own, so that a stop kills everything that the step has started: the
   * directory of a cgroup that was delegated to this process, or `auto`, the cgroup of the systemd unit that this
   * process is in. This process moves to a cgroup below it if necessary. Linux only. Default: no cgroups.
   */
  cgroup?: string | undefined;
  /**
   * How the output of commands is read. `merged`: stdout and stderr in the order of writing, as in a terminal; every
   * line counts as `stdout`. `separate`: the stream of each line is known, but lines of the two can be out of order. On
   * Windows, and where no pipe can be made, it is always `separate`. Default `merged`.
   */
  output?: OutputMode | undefined;
  /**
   * The store of the states of builds, from which a later process can {@link BuildQueue.restore} them. It does not
   * store logs, which `onEvent` can do. Default: none.
   */
  store?: BuildStore | undefined;
  /** The time that the processes of a build get between SIGTERM and SIGKILL, in milliseconds. Default 5000. */
  killGrace?: number | undefined;
  /** The environment of every step. Default: {@link buildEnvironment}. */
  env?: Environment | undefined;
  /**
   * Names of variables whose values are replaced by `***` in every event, in addition to variables with usual names
   * such as `NPM_TOKEN` or `DB_PASSWORD`. Values of less than 4 characters (6 for usual names) are not replaced.
   */
  mask?: readonly string[] | undefined;
  /** Secrets to replace that are not in a variable of the builds. */
  maskValues?: readonly string[] | undefined;
  /**
   * The size limit of a build's log in bytes; each line counts its text in UTF-8 and 100 bytes more. At least 1, or
   * `Infinity`. A build that reaches it continues, but only the last 500 lines, of at most 256 KiB, of each step are
   * emitted from then on, when the step has ended. Default 100 MiB.
   */
  logLimit?: number | undefined;
  /**
   * Receives every event, in order. A returned promise holds the command back until it resolves when the event is a
   * line of output; for every other event it holds back only `BuildQueue.close`. When the function throws or rejects,
   * the build of that event is stopped as failed.
   */
  onEvent: (event: BuildEvent) => void | Promise<void>;
  /**
   * Called before the first command of a build starts, with the cookie that all its processes carry in their
   * environment. A later process that knows the cookie can find them: see `endOrphans`. The command waits for a
   * returned promise. When the function throws or rejects, the build is stopped as failed.
   */
  onStart?: ((buildId: string, cookie: string) => void | Promise<void>) | undefined;
  /**
   * Called right after a command has started, with the identity of its process, which can be stored like the cookie.
   * Linux only. When the function throws or rejects, the build is stopped as failed.
   */
  onSpawn?: ((buildId: string, identity: ProcessIdentity) => void | Promise<void>) | undefined;
  /** Called once for each build that was stopped because an event could not be delivered or stored. Must not throw. */
  onFailure?: ((build: BuildRecord, error: unknown) => void) | undefined;
  /** Called when the queue removes an old build, so that the application can remove its data. Must not throw. */
  onForget?: ((id: string) => void) | undefined;
}

/** How a queue is closed. */
export interface QueueCloseOptions {
  /** How long running builds may continue before they are cancelled, in milliseconds. Default 0. */
  grace?: number | undefined;
}
