import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "./identity.ts";
import { holdsWithin } from "./waiting.ts";
import type { ProcessStat } from "./proc-stat.ts";

/** How long {@link endProcesses} kills before it leaves the rest to {@link endInBackground}, in milliseconds. */
export const KILL_TIMEOUT = 5000;

/** How many looks may find further processes before all are killed, stopped or not. */
const MAX_STOP_LOOKS = 3;

/** How many looks in a row must find nothing: a process can be started behind the back of the first one. */
const EMPTY_LOOKS = 2;

/** The first and the longest pause between two attempts in the background, and the time of all, in milliseconds. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;
const BACKGROUND_TIME = 3_600_000;

/** Calls `visit` for each process as soon as it is found: a process that is stopped at once cannot start others. */
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
}

/**
 * Ends processes that belong to no common group: SIGTERM, and SIGKILL after the grace, also for those that they have
 * started meanwhile.
 *
 * @returns Whether all are gone. Some may not be: a process can hang in the kernel, or start others faster than they are
 * found. Then call {@link endInBackground}.
 */
export async function endProcesses(find: FindProcesses, options: EndOptions): Promise<boolean> {
  const { found, grace, force, killTimeout = KILL_TIMEOUT } = options;
  send(found, "SIGTERM");
  await areGoneWithin(found, grace, force);
  return killProcesses(find, found, performance.now() + killTimeout);
}

/**
 * Kills processes until none is left, for up to an hour and with growing pauses. It does not keep this process alive.
 *
 * @returns Whether all are gone.
 */
export async function endInBackground(find: FindProcesses): Promise<boolean> {
  const end = performance.now() + BACKGROUND_TIME;
  for (let pause = FIRST_PAUSE; performance.now() < end; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    await delay(pause, undefined, { ref: false });
    if (await killProcesses(find, [], performance.now() + KILL_TIMEOUT)) return true;
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

/** Each process once. */
export function unique(processes: readonly ProcessStat[]): ProcessStat[] {
  return [...new Map(processes.map((each) => [each.pid, each])).values()];
}

/**
 * Stops whatever a look finds, at once, so that it starts no others while the look continues. When a look finds nothing
 * new, all are stopped, and are killed together.
 */
async function killProcesses(
  find: FindProcesses,
  found: readonly ProcessStat[],
  deadline: number,
): Promise<boolean> {
  let known = found.filter(isRunning);
  send(known, "SIGSTOP");
  for (let looks = 1, emptyLooks = 0; emptyLooks < EMPTY_LOOKS; looks++) {
    const fresh: ProcessStat[] = [];
    await find((each) => {
      if ([...known, ...fresh].some((other) => isSame(each, other))) return;
      fresh.push(each);
      send([each], "SIGSTOP");
    });
    known = [...known, ...fresh].filter(isRunning);
    emptyLooks = known.length === 0 ? emptyLooks + 1 : 0;
    // Asked before the kill, which must not depend on the time: a look can take longer than all the time there is.
    const isOver = performance.now() >= deadline;
    if (fresh.length === 0 || looks >= MAX_STOP_LOOKS || isOver) {
      send(known, "SIGKILL");
      await areGoneWithin(known, Math.max(0, deadline - performance.now()));
    }
    if (isOver && emptyLooks < EMPTY_LOOKS) return false;
  }
  return true;
}

function isSame(one: ProcessStat, other: ProcessStat): boolean {
  return one.pid === other.pid && one.startTime === other.startTime;
}

/** Nothing else happens here between the look at the start time and the signal, so no other process gets it. */
function send(processes: readonly ProcessStat[], signal: NodeJS.Signals): void {
  for (const each of processes) {
    try {
      if (isRunning(each)) process.kill(each.pid, signal);
    } catch {
      // It has ended just now, or belongs to another user now. Whether it is gone is checked later.
    }
  }
}
