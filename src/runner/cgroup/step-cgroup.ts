import { join } from "node:path";
import { hasEnded, readProcessStat } from "../process/proc-stat.ts";
import { holdsWithin } from "../process/waiting.ts";
import type { ProcessStat } from "../process/proc-stat.ts";
import type { CgroupFiles } from "./cgroup-files.ts";

/** How long {@link StepCgroup.remove} kills and tries again, in milliseconds. */
const REMOVE_TIMEOUT = 5000;

/** The place of this process, outside the cgroups of steps. */
export interface ServerPlace {
  /** Moves this process there. Returns whether that has succeeded. */
  return(): boolean;
}

/**
 * The cgroup of one step: everything that the command starts is in it, whatever it does to its parent, its session and
 * its environment. Only a process that writes to the files of cgroups can leave it.
 */
export class StepCgroup {
  readonly path: string;
  /** The maximum number of processes and threads in it; 0: no limit. */
  readonly limit: number;
  readonly #place: ServerPlace;
  readonly #files: CgroupFiles;

  /** @param place - The place of this process. */
  constructor(path: string, limit: number, place: ServerPlace, files: CgroupFiles) {
    this.path = path;
    this.limit = limit;
    this.#place = place;
    this.#files = files;
  }

  /**
   * Starts a process in the cgroup. A child is born in the cgroup of its parent, and Node.js can change nothing between
   * fork and exec, so this process enters the cgroup, starts the child and leaves. That takes 5 to 30 ms, during which
   * nothing else runs here. A shell that enters and replaces itself would take no time here, but some shells drop or
   * change variables, and a command that cannot start would look like one that fails.
   *
   * @param spawn - Starts the process synchronously, as `spawn` of `node:child_process` does.
   * @throws {Error} When this process cannot enter, or the limit cannot be set.
   */
  start<Child>(spawn: () => Child): Child {
    let child: Child;
    try {
      this.#write("cgroup.procs", String(process.pid));
    } catch (error) {
      throw new Error(`Cannot enter the cgroup of the step: ${(error as Error).message}`);
    }
    try {
      child = spawn();
    } finally {
      this.#place.return();
    }
    // Set after this process has left: its threads count as long as it is inside.
    try {
      if (this.limit > 0) this.#write("pids.max", String(this.limit));
    } catch (error) {
      this.kill();
      throw new Error(`Cannot limit the processes of the step: ${(error as Error).message}`);
    }
    return child;
  }

  /** The processes in it that have not ended. */
  members(): ProcessStat[] {
    const found: ProcessStat[] = [];
    for (const pid of this.#pids()) {
      const stat = pid === process.pid ? undefined : readProcessStat(pid);
      if (stat !== undefined && !hasEnded(stat)) found.push(stat);
    }
    return found;
  }

  /**
   * Kills everything in it at once: no process can escape by starting others. If the kernel is older than Linux 5.14,
   * nothing happens, and the caller kills the members one by one.
   */
  kill(): void {
    // A build that runs as the same user can move this process into its cgroup.
    if (this.#pids().includes(process.pid) && !this.#place.return()) return;
    try {
      this.#write("cgroup.kill", "1");
    } catch {
      // An old kernel, or the cgroup was removed.
    }
  }

  /** The number of processes and threads that could not start because of the limit. */
  get limitHits(): number {
    // Before Linux 6.11, the cgroup in which the process would have started counts.
    const counts = this.#tree().map((path) => /^max (\d+)$/m.exec(this.#read(join(path, "pids.events")))?.[1]);
    return Math.max(0, ...counts.map((count = "0") => Number(count)));
  }

  /** Removes the cgroup, and kills the processes that are left in it. Resolves with whether it is gone. */
  remove(): Promise<boolean> {
    return holdsWithin(() => this.#isRemoved(), REMOVE_TIMEOUT);
  }

  /** Whether no process is in it. */
  get isEmpty(): boolean {
    return this.#pids().length === 0;
  }

  #isRemoved(): boolean {
    try {
      for (const path of this.#tree().reverse()) this.#files.remove(path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
      this.kill();
      return false;
    }
  }

  #pids(): number[] {
    return this.#tree().flatMap((path) => {
      return Array.from(this.#read(join(path, "cgroup.procs")).matchAll(/^[1-9]\d*$/gm), ([pid]) => Number(pid));
    });
  }

  /** The cgroup, and the cgroups that the step has made in it, each after the one that contains it. */
  #tree(path = this.path): string[] {
    return [path, ...this.#list(path).flatMap((name) => this.#tree(join(path, name)))];
  }

  #list(path: string): readonly string[] {
    try {
      return this.#files.list(path);
    } catch {
      return [];
    }
  }

  #read(file: string): string {
    try {
      return this.#files.read(file);
    } catch {
      // It has no such file, or was removed.
      return "";
    }
  }

  #write(name: string, text: string): void {
    this.#files.write(join(this.path, name), text);
  }
}
