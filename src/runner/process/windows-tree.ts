import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { taskkill } from "./windows.ts";
import type { ChildProcess } from "node:child_process";
import type { Call } from "./windows.ts";

const POLL_INTERVAL = 50;

/** How long a killed tree gets to end, in milliseconds. */
const KILL_TIMEOUT = 5000;

/**
 * A command and what descends from it, on Windows. There are no groups there and no SIGTERM: the tree is killed at once,
 * and what has outlived its parent is not found. The counterpart of `ProcessGroup`.
 */
export class WindowsTree {
  readonly #leader: ChildProcess & { readonly pid: number };
  readonly #killer: (pid: number) => Call;

  /** @param killer What ends the tree of a process. */
  constructor(leader: ChildProcess & { readonly pid: number }, killer: (pid: number) => Call = taskkill) {
    this.#leader = leader;
    this.#killer = killer;
  }

  /** Resolves with whether the command has ended, as soon as it has, after `milliseconds`, or when `signal` aborts. */
  async isEmptyWithin(milliseconds: number, signal?: AbortSignal): Promise<boolean> {
    const deadline = performance.now() + milliseconds;
    while (this.#isRunning) {
      if (signal?.aborted || performance.now() >= deadline) return false;
      await delay(POLL_INTERVAL, undefined, { signal }).catch(() => undefined);
    }
    return true;
  }

  /** Kills the tree. Resolves with whether the command has ended. */
  async terminate(): Promise<boolean> {
    if (this.#isRunning) await run(this.#killer(this.#leader.pid));
    return this.isEmptyWithin(KILL_TIMEOUT);
  }

  get #isRunning(): boolean {
    return this.#leader.exitCode === null && this.#leader.signalCode === null;
  }
}

/** Resolves when it has ended, or could not start. */
function run({ command, args }: Call): Promise<void> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "ignore", windowsHide: true });
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
}
