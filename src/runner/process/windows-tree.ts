import { spawn } from "node:child_process";
import { KILL_TIMEOUT } from "./terminate.ts";
import { holdsWithin } from "./waiting.ts";
import { taskkill } from "../program/windows.ts";
import type { ChildProcess } from "node:child_process";
import type { Call } from "../program/windows.ts";

/**
 * A command and its descendants on Windows, which has neither process groups nor SIGTERM: the tree is killed at once,
 * and a process that has outlived its parent is not found. The counterpart of `ProcessGroup`.
 */
export class WindowsTree {
  readonly #leader: ChildProcess & { readonly pid: number };
  readonly #killer: (pid: number) => Call;

  /** @param killer - Returns the command that ends the tree of a process. */
  constructor(leader: ChildProcess & { readonly pid: number }, killer: (pid: number) => Call = taskkill) {
    this.#leader = leader;
    this.#killer = killer;
  }

  /** Resolves with whether the command has ended within `milliseconds` and before `signal` aborts. */
  isEmptyWithin(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    return holdsWithin(() => !this.isAlive(), milliseconds, signal);
  }

  /** Kills the tree. Resolves with whether the command has ended. */
  async terminate(): Promise<boolean> {
    if (this.isAlive()) await run(this.#killer(this.#leader.pid));
    return this.isEmptyWithin(KILL_TIMEOUT);
  }

  /** Whether the command is running. */
  isAlive(): boolean {
    return this.#leader.exitCode === null && this.#leader.signalCode === null;
  }
}

/** Resolves when the command has ended, or could not start. */
function run({ command, args }: Call): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "ignore", windowsHide: true });
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
}
