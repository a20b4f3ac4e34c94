import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "./identity.ts";
import { holdsWithin } from "./waiting.ts";
import type { ProcessStat } from "./proc-stat.ts";

/**
 * How long {@link endProcesses} tries to kill before it leaves the rest to {@link endInBackground}, in milliseconds.
 */
export const KILL_TIMEOUT = 5000;

/** How many searches may find further processes before all are killed, stopped or not. */
const MAX_STOP_SEARCHES = 3;

/** How many searches in a row must find nothing: a search can miss a process that starts during it. */
const EMPTY_SEARCHES = 2;

/** The first and the longest pause between two attempts in the background, and their total time, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
const BACKGROUND_TIME = 3_600_000;

/** Calls `visit` for each process as soon as it is found: a process that is stopped immediately cannot start others. */
export type FindProcesses = (visit: (found: ProcessStat) => void) => Promise<void>;

/** The options of {@link endProcesses}. */
export interface EndOptions {
  /** The processes that were found already. They get SIGTERM first. */
  readonly found: readonly ProcessStat[];
  /** The time between SIGTERM and SIGKILL, in milliseconds. */
  readonly grace: number;
  /** Aborting it ends the grace. */
  readonly force?: AbortSignal | undefined;
  /** The time after the grace in which everything should be gone, in milliseconds. Default {@link KILL_TIMEOUT}. */
  readonly killTimeout?: number | undefined;
  /** Kills processes that no search needs to find; called with each SIGKILL. Default: nothing happens. */
  readonly killAll?: (() => void) | undefined;
}

/**
 * Ends processes that have no common group: SIGTERM, and SIGKILL after the grace, also to processes that they have
 * started since.
 *
 * @returns Whether all are gone. Some may remain: a process can hang in the kernel, or start others faster than they
 * are found. Then call {@link endInBackground}.
 */
export async function endProcesses(find: FindProcesses, options: EndOptions): Promise<boolean> {
  const { found, grace, force, killTimeout = KILL_TIMEOUT, killAll } = options;
  send(found, "SIGTERM");
  await areGoneWithin(found, grace, force);
  return killProcesses(find, found, performance.now() + killTimeout, killAll);
}

/**
 * Kills processes until none is left, for up to an hour and with growing pauses. It does not keep this process alive.
 *
 * @returns Whether all are gone.
 */
export async function endInBackground(find: FindProcesses, killAll?: () => void): Promise<boolean> {
  const end = performance.now() + BACKGROUND_TIME;
  for (let pause = FIRST_PAUSE; performance.now() < end; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    await delay(pause, undefined, { ref: false });
    if (await killProcesses(find, [], performance.now() + KILL_TIMEOUT, killAll)) return true;
  }
  return false;
}

/** Resolves with whether the processes have ended within `milliseconds` and before `signal` aborts. */
export function areGoneWithin(
  processes: readonly ProcessStat[],
  milliseconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  return holdsWithin(() => !processes.some(isRunning), milliseconds, signal);
}

/** Removes duplicates. */
export function unique(processes: readonly ProcessStat[]): ProcessStat[] {
  return [...new Map(processes.map((each) => [each.pid, each])).values()];
}

/**
 * Stops each process as soon as a search finds it, so that it starts no others while the search continues. When a
 * search finds nothing new, all processes are stopped, and are killed together.
 */
async function killProcesses(
  find: FindProcesses,
  found: readonly ProcessStat[],
  deadline: number,
  killAll: () => void = () => undefined,
): Promise<boolean> {
  let known = found.filter(isRunning);
  send(known, "SIGSTOP");
  for (let searches = 1, emptySearches = 0; emptySearches < EMPTY_SEARCHES; searches++) {
    const fresh: ProcessStat[] = [];
    await find((each) => {
      if ([...known, ...fresh].some((other) => isSameProcess(each, other))) return;
      fresh.push(each);
      send([each], "SIGSTOP");
    });
    known = [...known, ...fresh].filter(isRunning);
    emptySearches = known.length === 0 ? emptySearches + 1 : 0;
    // Read before the kill, which must not depend on the deadline: one search can take longer than the whole deadline.
    const isOver = performance.now() >= deadline;
    if (fresh.length === 0 || searches >= MAX_STOP_SEARCHES || isOver) {
      killAll();
      send(known, "SIGKILL");
      await areGoneWithin(known, Math.max(0, deadline - performance.now()));
    }
    if (isOver && emptySearches < EMPTY_SEARCHES) return false;
  }
  return true;
}

function isSameProcess(one: ProcessStat, other: ProcessStat): boolean {
  return one.pid === other.pid && one.startTime === other.startTime;
}

/**
 * Signals processes that were found earlier. The check of the start time and the signal are synchronous, so no other
 * process receives the signal.
 */
export function send(processes: readonly ProcessStat[], signal: NodeJS.Signals): void {
  for (const each of processes) {
    try {
      if (isRunning(each)) process.kill(each.pid, signal);
    } catch {
      // It has just ended, or belongs to another user now. A later check shows whether it is gone.
    }
  }
}
