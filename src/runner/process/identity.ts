import { readFileSync } from "node:fs";
import { hasEnded, readProcessStat } from "./proc-stat.ts";
import type { ProcessStat } from "./proc-stat.ts";

/** Names one process for ever: pids are used again, start times within one boot are not. Plain JSON. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks after the boot. */
  readonly startTime: number;
  /** Names the boot of the machine since which the ticks are counted. */
  readonly bootId: string;
}

/**
 * Names the process that has this pid now. Linux only.
 *
 * @returns `undefined` when there is none, or the system does not tell.
 */
export function identify(pid: number): ProcessIdentity | undefined {
  const boot = bootId();
  const stat = Number.isSafeInteger(pid) && pid > 0 ? readProcessStat(pid) : undefined;
  return stat && boot !== undefined ? { pid, startTime: stat.startTime, bootId: boot } : undefined;
}

/**
 * Whether the process still exists: not just some process of that pid. A zombie does, since its pid is not free.
 */
export function exists({ pid, startTime, bootId }: ProcessIdentity): boolean {
  const now = identify(pid);
  return now !== undefined && now.startTime === startTime && now.bootId === bootId;
}

/** Whether a process that was seen is still the same one, and runs. */
export function isRunning({ pid, startTime }: ProcessStat): boolean {
  const now = readProcessStat(pid);
  return now !== undefined && now.startTime === startTime && !hasEnded(now);
}

/** Names the boot of the machine; `undefined` when the system does not tell. */
export function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return undefined;
  }
}
