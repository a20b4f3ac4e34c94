import { ProcessGroup } from "./group.ts";
import { findByCookie } from "./marker.ts";
import { areGoneWithin, endInBackground, endProcesses, send, unique } from "./terminate.ts";
import { WindowsTree } from "./windows-tree.ts";
import { holdsWithin } from "./waiting.ts";
import type { ChildProcess } from "node:child_process";
import type { StepCgroup } from "../cgroup/step-cgroup.ts";
import type { ProcessStat } from "./proc-stat.ts";
import type { FindProcesses } from "./terminate.ts";

/**
 * The time that processes which were left running get between SIGTERM and SIGKILL, in milliseconds. It is short, since
 * a step should be over within 5 seconds after its command.
 */
export const LEFT_GRACE = 750;

/** How {@link ProcessTree.terminate} ends processes. */
export interface TerminateOptions {
  /** The time between SIGTERM and SIGKILL, in milliseconds. */
  readonly grace: number;
  /** Aborting it ends the grace. */
  readonly force?: AbortSignal | undefined;
  /** The time that processes outside the group get to end before SIGTERM, in milliseconds. Default 0. */
  readonly exitTime?: number | undefined;
}

/**
 * A command and everything it started: first its process group, then the processes that have left the group, which are
 * found by the build's cookie in their environment, and in the cgroup of the step if it has one.
 */
export class ProcessTree {
  readonly #leader: ChildProcess & { readonly pid: number };
  readonly #cookie: string;
  #reportEscaped: () => void;
  readonly #cgroup: StepCgroup | undefined;
  readonly #group: ProcessGroup | WindowsTree;
  #escapedGone: Promise<boolean> | undefined;

  /** @param onEscaped - Called once, when processes were found outside the group, before they are ended. */
  constructor(
    leader: ChildProcess & { readonly pid: number },
    cookie: string,
    onEscaped: () => void,
    cgroup?: StepCgroup,
  ) {
    this.#leader = leader;
    this.#cookie = cookie;
    this.#reportEscaped = () => {
      this.#reportEscaped = () => undefined;
      onEscaped();
    };
    this.#cgroup = cgroup;
    this.#group = process.platform === "win32" ? new WindowsTree(leader) : new ProcessGroup(leader);
  }

  /** Resolves with whether the group is empty within `milliseconds` and before `signal` aborts. */
  isGroupEmptyWithin(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    return this.#group.isEmptyWithin(milliseconds, signal);
  }

  /**
   * Ends the group, then, once, the processes that have left it: until the group is gone, they may still be ended by
   * the processes that started them.
   *
   * @returns Whether everything is gone, as far as can be seen.
   */
  async terminate({ grace, force, exitTime = 0 }: TerminateOptions): Promise<boolean> {
    const isGroupGone = await this.#group.terminate(grace, force);
    this.#escapedGone ??= this.#endEscaped(exitTime, Math.min(grace, LEFT_GRACE), force);
    return (await this.#escapedGone) && isGroupGone;
  }

  /** Continues to end the processes that {@link terminate} could not end. Resolves with whether they are gone. */
  async endInBackground(): Promise<boolean> {
    return (await endInBackground(this.#findEscaped, this.#killAll)) && !(await this.#group.isAlive());
  }

  readonly #findEscaped: FindProcesses = async (visit) => {
    const visitEscaped = (found: ProcessStat): void => {
      if (found.group !== this.#leader.pid) visit(found);
    };
    for (const member of this.#cgroup?.members() ?? []) visitEscaped(member);
    await findByCookie(this.#cookie, visitEscaped);
  };

  readonly #killAll = (): void => this.#cgroup?.kill();

  /**
   * Ends the processes of the cgroup. The kernel lists them at once, whereas a search takes long when a build keeps
   * starting processes; the search follows, and finds those that have left the cgroup.
   */
  async #endMembers(cgroup: StepCgroup, exitTime: number, grace: number, force?: AbortSignal): Promise<void> {
    const members = (): ProcessStat[] => cgroup.members().filter(({ group }) => group !== this.#leader.pid);
    const areGone = (): boolean => members().length === 0;
    if (await holdsWithin(areGone, exitTime, force)) return;
    this.#reportEscaped();
    send(members(), "SIGTERM");
    if (!(await holdsWithin(areGone, grace, force))) cgroup.kill();
  }

  async #endEscaped(exitTime: number, grace: number, force: AbortSignal | undefined): Promise<boolean> {
    if (this.#cgroup !== undefined) await this.#endMembers(this.#cgroup, exitTime, grace, force);
    const seen: ProcessStat[] = [];
    await this.#findEscaped((each) => void seen.push(each));
    const found = unique(seen);
    if (await areGoneWithin(found, exitTime, force)) return true;
    this.#reportEscaped();
    return endProcesses(this.#findEscaped, { found, grace, force, killAll: this.#killAll });
  }
}
