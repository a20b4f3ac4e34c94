import { liveMembers } from "./proc-stat.ts";
import { KILL_TIMEOUT } from "./terminate.ts";
import { holdsWithin } from "./waiting.ts";
import type { ChildProcess } from "node:child_process";

/**
 * A command and everything it started, as the kernel's process group: a signal to npm alone would leave the shell and
 * the bundler below it running. Its leader is a child that was spawned `detached`. A process that opens another session
 * leaves the group. The kernel signals all members of a group at once, so none can escape by starting others. POSIX
 * only.
 */
export class ProcessGroup {
  readonly #leader: ChildProcess;
  readonly #id: number;
  /** Whether the group has ended. Another group may soon have its id, so it is never signalled again. */
  #isEmpty = false;

  /** @param leader - A child that has a pid. */
  constructor(leader: ChildProcess & { readonly pid: number }) {
    this.#leader = leader;
    this.#id = leader.pid;
  }

  /**
   * Whether a process of the group is running. Zombies do not count: without an init, as in many containers, they stay.
   */
  async isAlive(): Promise<boolean> {
    if (!this.#send(0)) return false;
    if (this.#leader.exitCode === null && this.#leader.signalCode === null) return true;
    this.#isEmpty = !(await hasLiveMember(this.#id));
    return !this.#isEmpty;
  }

  /** Resolves with whether the group is empty within `milliseconds` and before `signal` aborts. */
  isEmptyWithin(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    return holdsWithin(async () => !(await this.isAlive()), milliseconds, signal);
  }

  /**
   * Ends the group: SIGTERM, so that its processes can clean up, and SIGKILL after `grace` milliseconds or when `force`
   * aborts. Resolves with whether it is gone. It may remain: a process can hang in the kernel, or belong to another
   * user.
   */
  async terminate(grace: number, force?: AbortSignal): Promise<boolean> {
    this.#send("SIGTERM");
    if (await this.isEmptyWithin(grace, force)) return true;
    this.#send("SIGKILL");
    return this.isEmptyWithin(KILL_TIMEOUT);
  }

  /** Signals every process of the group; 0 only checks whether one exists. */
  #send(signal: NodeJS.Signals | 0): boolean {
    if (this.#isEmpty) return false;
    try {
      process.kill(-this.#id, signal);
    } catch (error) {
      // EPERM: a process exists that belongs to another user.
      this.#isEmpty = (error as NodeJS.ErrnoException).code === "ESRCH";
    }
    return !this.#isEmpty;
  }
}

/** Only Linux shows which members of a group are zombies; on other systems every member counts as alive. */
async function hasLiveMember(group: number): Promise<boolean> {
  try {
    return (await liveMembers(group).next()).done !== true;
  } catch {
    return true;
  }
}
