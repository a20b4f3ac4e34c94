import { basename, dirname, join, resolve } from "node:path";
import { isBuildId } from "../build-id.ts";
import { identify } from "../process/identity.ts";
import { readProcessStat } from "../process/proc-stat.ts";
import { holdsWithin } from "../process/waiting.ts";
import { StepCgroup } from "./step-cgroup.ts";
import { cgroupFiles } from "./cgroup-files.ts";
import type { CgroupFiles } from "./cgroup-files.ts";
import type { ServerPlace } from "./step-cgroup.ts";

/**
 * How long the processes of a killed server may take to end before they are killed with their cgroup, in milliseconds:
 * `endOrphans` sends SIGTERM to them first.
 */
const STALE_GRACE = 3000;

/** Stands for the id of a build in the cgroups of programs that run outside of builds. */
export const NO_BUILD: string = "0".repeat(16);

const SYSTEMD_HINT = "with systemd, set Delegate=pids";

/** `tailcast-<pid>-<start time>-<build>-<step>`, and `tailcast-<pid>-<start time>-server` for the server itself. */
const NAME = /^tailcast-(\d+)-(\d+)-(?:(server)|[0-9a-z]{16}-\d+)$/;

/**
 * A cgroup that was delegated to this server. Each step of a build runs in a cgroup below it. The name of each says
 * which server made it, so servers can share a folder, and a new server removes the cgroups of killed ones.
 */
export class CgroupFolder implements ServerPlace {
  readonly path: string;
  /** The reason, as a sentence, why the number of processes cannot be limited; `undefined` when it can, or need not. */
  readonly limitProblem: string | undefined;
  /** Resolves when the cgroups of killed servers are removed. Never rejects. */
  readonly swept: Promise<unknown>;
  readonly #files: CgroupFiles;
  readonly #limit: number;
  readonly #prefix: string;
  readonly #closing = new AbortController();
  /** The cgroup that this process is in, apart from the moments in which it starts a step. */
  #home: string;
  #steps = 0;

  /**
   * Opens a folder, moves this process to a cgroup in it if necessary, and starts to remove the cgroups of killed
   * servers.
   *
   * @param option - The directory of the folder, or `auto`: the cgroup of the systemd unit that this process is in,
   * otherwise its own cgroup.
   * @param limit - The maximum number of processes and threads of a step; 0: no limit.
   * @throws {Error} With a sentence that says why it cannot be used.
   */
  constructor(option: string, limit: number, files: CgroupFiles = cgroupFiles) {
    const own = files.own();
    const identity = identify(process.pid);
    if (own === undefined || identity === undefined) throw new Error("this system has no cgroup v2");
    this.#files = files;
    this.path = option === "auto" ? findDelegated(own, files) : resolve(option);
    this.#prefix = `tailcast-${identity.pid}-${identity.startTime}-`;
    this.#home = own;
    try {
      files.read(join(this.path, "cgroup.controllers"));
      // A cgroup that has processes cannot distribute controllers. The root of all cgroups can, and has no type.
      if (own === this.path && this.#hasFile("cgroup.type")) this.#moveToLeaf();
      this.limitProblem = limit === 0 ? undefined : this.#enableLimit();
      this.#limit = this.limitProblem === undefined ? limit : 0;
      this.#tryOut();
    } catch (error) {
      throw new Error(`${this.path} is not a cgroup that this server can use (${(error as Error).message})`);
    }
    this.swept = this.#sweep();
  }

  /**
   * Makes the cgroup of a step.
   *
   * @throws {Error} The system's error.
   */
  create(buildId: string): StepCgroup {
    // File names are never made of other texts.
    if (!isBuildId(buildId)) throw new RangeError(`Not a build's id: ${JSON.stringify(buildId)}`);
    const path = join(this.path, `${this.#prefix}${buildId}-${++this.#steps}`);
    this.#files.make(path);
    return new StepCgroup(path, this.#limit, this, this.#files);
  }

  return(): boolean {
    try {
      this.#move(this.#home);
      return true;
    } catch {
      // The cgroup was removed while this process was away, for example.
    }
    try {
      this.#moveToLeaf();
      return true;
    } catch {
      return false;
    }
  }

  /** Kills the processes of killed servers at once. Resolves when their cgroups are removed. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.swept;
  }

  /** Moves this process to a cgroup of its own in the folder. It stays there. */
  #moveToLeaf(): void {
    const leaf = join(this.path, `${this.#prefix}server`);
    try {
      this.#files.make(leaf);
    } catch (error) {
      // Another queue of this process has made it.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    this.#move(leaf);
    this.#home = leaf;
  }

  /** Enters a cgroup and leaves it, so that missing rights are an error now, not in each build. */
  #tryOut(): void {
    const trial = this.create(NO_BUILD);
    try {
      trial.start(() => undefined);
    } finally {
      this.#files.remove(trial.path);
    }
  }

  #enableLimit(): string | undefined {
    const isNamedIn = (name: string): boolean => {
      return this.#files.read(join(this.path, name)).split(/\s+/).includes("pids");
    };
    try {
      if (!isNamedIn("cgroup.controllers")) return `${this.path} has no controller "pids"; ${SYSTEMD_HINT}`;
      if (!isNamedIn("cgroup.subtree_control")) {
        this.#files.write(join(this.path, "cgroup.subtree_control"), "+pids");
      }
      return undefined;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "EBUSY") return `other processes are in ${this.path}; with systemd, set DelegateSubgroup=server`;
      return `the controller "pids" cannot be enabled (${message}); ${SYSTEMD_HINT}`;
    }
  }

  /** Removes the cgroups of servers that no longer run. */
  async #sweep(): Promise<void> {
    const stale = this.#files.list(this.path).flatMap((name) => {
      const [, pid, startTime, server] = NAME.exec(name) ?? [];
      if (pid === undefined || readProcessStat(Number(pid))?.startTime === Number(startTime)) return [];
      const cgroup = new StepCgroup(join(this.path, name), 0, this, this.#files);
      // The program around a queue can have started these processes for itself.
      return server === undefined || cgroup.isEmpty ? [cgroup] : [];
    });
    await Promise.all(stale.map(async (cgroup) => {
      await holdsWithin(() => cgroup.isEmpty, STALE_GRACE, this.#closing.signal);
      await cgroup.remove();
    }));
  }

  #move(path: string): void {
    this.#files.write(join(path, "cgroup.procs"), String(process.pid));
  }

  #hasFile(name: string): boolean {
    try {
      this.#files.read(join(this.path, name));
      return true;
    } catch {
      return false;
    }
  }
}

/** The cgroup of the unit that this process is in, for example `/sys/fs/cgroup/system.slice/tailcast.service`. */
function findDelegated(own: string, files: CgroupFiles): string {
  let path = NAME.test(basename(own)) ? dirname(own) : own;
  for (let above = own; above !== dirname(above); above = dirname(above)) {
    if (!/\.(?:service|scope)$/.test(above)) continue;
    path = above;
    break;
  }
  if (files.isDelegated(path)) return path;
  if (process.geteuid?.() === 0) throw new Error("root may write to every cgroup; name the one that was delegated");
  throw new Error(`${path} is not delegated to this user; ${SYSTEMD_HINT}`);
}
