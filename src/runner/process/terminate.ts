import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "./identity.ts";
import type { ProcessStat } from "./proc-stat.ts";

/** How often processes that should end are looked at, in milliseconds. */
const POLL_INTERVAL = 50;

/** How long the kernel gets to end processes that were killed, in milliseconds. */
const KILL_TIMEOUT = 5000;

/** Looks which processes there are; asked again for those that were started meanwhile. */
export type FindProcesses = () => Promise<readonly ProcessStat[]>;

/**
 * Ends single processes: SIGTERM, and SIGKILL after `grace` milliseconds, or when `force` aborts. Then it looks again,
 * and kills what those have started meanwhile, until nothing is found.
 *
 * @param found Those that were found first.
 * @returns Whether all are gone. They may not be: a process can hang in the kernel, or start others without end.
 */
export async function endProcesses(
  found: readonly ProcessStat[],
  find: FindProcesses,
  grace: number,
  force?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + grace + KILL_TIMEOUT;
  send(found, "SIGTERM");
  await areGoneWithin(found, grace, force);
  const look = async (): Promise<ProcessStat[]> => unique([...found, ...(await find())]).filter(isRunning);
  for (let left = await look(); left.length > 0; left = await look()) {
    if (performance.now() >= deadline) return false;
    send(left, "SIGKILL");
    await areGoneWithin(left, deadline - performance.now());
  }
  return true;
}

/** Each process once. */
export function unique(processes: readonly ProcessStat[]): ProcessStat[] {
  return [...new Map(processes.map((each) => [each.pid, each])).values()];
}

/** Between the look at the start time and the signal nothing else happens here, so no stranger gets it. */
function send(processes: readonly ProcessStat[], signal: NodeJS.Signals): void {
  for (const each of processes) {
    try {
      if (isRunning(each)) process.kill(each.pid, signal);
    } catch {
      // It has ended at this very moment, or become another user's: whether it is gone is looked at later.
    }
  }
}

/** Resolves with whether they have ended, as soon as they have, after `milliseconds`, or when `signal` aborts. */
export async function areGoneWithin(
  processes: readonly ProcessStat[],
  milliseconds: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  while (processes.some(isRunning)) {
    if (signal?.aborted || performance.now() >= deadline) return false;
    // An abort ends the pause early; the loop then sees it.
    await delay(POLL_INTERVAL, undefined, { signal }).catch(() => undefined);
  }
  return true;
}
