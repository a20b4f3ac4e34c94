import { areGoneWithin, endProcesses } from "./terminate.ts";
import { findByCookie } from "./marker.ts";
import { ProcessGroup } from "./group.ts";
import { WindowsTree } from "./windows-tree.ts";
import type { ProcessStat } from "./proc-stat.ts";
import type { RunningChild } from "./spawn.ts";

/**
 * How long processes that were left running get between SIGTERM and SIGKILL, in milliseconds: nobody waits for what
 * they do, and the step should be over within 5 seconds of its command.
 */
export const LEFT_GRACE = 750;

/**
 * A command and everything it started: first its process group, then those that have left the group, which are found
 * by the build's cookie in their environment.
 */
export class ProcessTree {
  readonly #leader: RunningChild;
  readonly #cookie: string;
  readonly #onEscaped: () => void;
  readonly #group: ProcessGroup | WindowsTree;
  #escapedGone: Promise<boolean> | undefined;

  /** @param onEscaped Called once when processes were found outside the group, before they are ended. */
  constructor(leader: RunningChild, cookie: string, onEscaped: () => void) {
    this.#leader = leader;
    this.#cookie = cookie;
    this.#onEscaped = onEscaped;
    this.#group = process.platform === "win32" ? new WindowsTree(leader) : new ProcessGroup(leader);
  }

  /** Resolves with whether the group is empty, as soon as it is, after `milliseconds`, or when `signal` aborts. */
  isGroupEmptyWithin(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    return this.#group.isEmptyWithin(milliseconds, signal);
  }

  /**
   * Ends all of it: SIGTERM, and SIGKILL after `grace` milliseconds, or when `force` aborts. Whoever has left the group
   * is looked for, once, when the group is gone: until then it may still be ended by those who started it.
   *
   * @param settle How long those may take to end by themselves before they get SIGTERM, in milliseconds.
   * @returns Whether everything is gone, as far as can be seen.
   */
  async terminate(grace: number, force?: AbortSignal, settle = 0): Promise<boolean> {
    const isGroupGone = await this.#group.terminate(grace, force);
    this.#escapedGone ??= this.#endEscaped(settle, Math.min(grace, LEFT_GRACE), force);
    return (await this.#escapedGone) && isGroupGone;
  }

  async #endEscaped(settle: number, grace: number, force: AbortSignal | undefined): Promise<boolean> {
    const find = async (): Promise<readonly ProcessStat[]> => {
      return (await findByCookie(this.#cookie)).filter(({ group }) => group !== this.#leader.pid);
    };
    const found = await find();
    if (await areGoneWithin(found, settle, force)) return true;
    this.#onEscaped();
    return endProcesses(found, find, grace, force);
  }
}
