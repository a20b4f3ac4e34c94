import { readFileSync } from "node:fs";
import { hasEnded, readProcessStat } from "./proc-stat.ts";
import type { ProcessStat } from "./proc-stat.ts";

/** Identifies one process permanently: pids are reused, but not together with a start time and a boot. Plain JSON. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks after the boot. */
  readonly startTime: number;
  /** The boot of the machine from which the ticks are counted. */
  readonly bootId: string;
}

/**
 * Identifies the process that has this pid now. Linux only.
 *
 * @returns `undefined` when no such process exists, or the system has no `/proc`.
 */
export function identify(pid: number): ProcessIdentity | undefined {
  const boot = bootId();
  const stat = Number.isSafeInteger(pid) && pid > 0 ? readProcessStat(pid) : undefined;
  return stat && boot !== undefined ? { pid, startTime: stat.startTime, bootId: boot } : undefined;
}

/**
 * Whether this process still exists, as opposed to another one with its pid. A zombie exists, since its pid is not
 * free.
 */
export function exists({ pid, startTime, bootId }: ProcessIdentity): boolean {
  const now = identify(pid);
  return now !== undefined && now.startTime === startTime && now.bootId === bootId;
}

/** Whether a process that was found earlier still runs, as opposed to another one with its pid. */
export function isRunning({ pid, startTime }: ProcessStat): boolean {
  const now = readProcessStat(pid);
  return now !== undefined && now.startTime === startTime && !hasEnded(now);
}

/** The id of the machine's current boot; `undefined` when the system has no `/proc`. */
export function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return undefined;
  }
}
