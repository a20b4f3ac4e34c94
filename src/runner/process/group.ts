import { setTimeout as delay } from "node:timers/promises";
import { liveMembers } from "./proc-stat.ts";
import type { ChildProcess } from "node:child_process";

/** How often a group that should end is looked at, in milliseconds. */
const POLL_INTERVAL = 50;

/** How long the kernel gets to end a group that was killed, in milliseconds. */
const KILL_TIMEOUT = 5000;

/**
 * A command and everything it started, as the kernel's process group: whoever signals only npm leaves the shell and the
 * bundler below it running. Its leader is a child that was spawned `detached`. A process that opens a session of its
 * own leaves the group. POSIX only.
 */
export class ProcessGroup {
  readonly #leader: ChildProcess;
  readonly #id: number;
  /** Nothing is left in the group. Its number may soon belong to strangers, so it is never signalled again. */
  #isEmpty = false;

  /** @param leader A child that has a pid. */
  constructor(leader: ChildProcess & { readonly pid: number }) {
    this.#leader = leader;
    this.#id = leader.pid;
  }

  /**
   * Whether a process of the group still runs. Zombies do not count: in a container without an init they stay for ever.
   */
  async isAlive(): Promise<boolean> {
    if (!this.#send(0)) return false;
    if (this.#leader.exitCode === null && this.#leader.signalCode === null) return true;
    this.#isEmpty = !(await hasLiveMember(this.#id));
    return !this.#isEmpty;
  }

  /** Resolves with whether the group is empty, as soon as it is, after `milliseconds`, or when `signal` aborts. */
  async isEmptyWithin(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + milliseconds;
    while (await this.isAlive()) {
      if (signal?.aborted || performance.now() >= deadline) return false;
      // An abort ends the pause early; the loop then sees it.
      await delay(POLL_INTERVAL, undefined, { signal }).catch(() => undefined);
    }
    return true;
  }

  /**
   * Ends the group: SIGTERM, so that its processes can tidy up, and SIGKILL after `grace` milliseconds, or when `force`
   * aborts. Resolves with whether it is gone. It may not be: a process can hang in the kernel, or belong to another
   * user.
   */
  async terminate(grace: number, force?: AbortSignal): Promise<boolean> {
    this.#send("SIGTERM");
    if (await this.isEmptyWithin(grace, force)) return true;
    this.#send("SIGKILL");
    return this.isEmptyWithin(KILL_TIMEOUT);
  }

  /** Signals every process of the group; 0 only asks whether there is one. */
  #send(signal: NodeJS.Signals | 0): boolean {
    if (this.#isEmpty) return false;
    try {
      process.kill(-this.#id, signal);
    } catch (error) {
      // EPERM: there is one, which belongs to another user.
      this.#isEmpty = (error as NodeJS.ErrnoException).code === "ESRCH";
    }
    return !this.#isEmpty;
  }
}

/** Only Linux shows which members of a group are zombies; elsewhere each counts as alive. */
async function hasLiveMember(group: number): Promise<boolean> {
  try {
    return (await liveMembers(group).next()).done !== true;
  } catch {
    return true;
  }
}
