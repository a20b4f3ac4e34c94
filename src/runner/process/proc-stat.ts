import { readFileSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";

/** The fields of `/proc/<pid>/stat` that are used here. */
export interface ProcessStat {
  readonly pid: number;
  /** One letter; `Z` and `X` are processes that have ended. */
  readonly state: string;
  /** The id of its process group. */
  readonly group: number;
  /**
   * The start of the process, in clock ticks after the boot. With the pid it identifies one process and no later one.
   */
  readonly startTime: number;
}

/** Parses `1234 (name) S 1 567 ...`. The name can hold spaces and brackets, so fields count from the last bracket. */
export function parseProcessStat(pid: number, text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(")");
  if (end === -1) return undefined;
  const fields = text.slice(end + 2).split(" ");
  return { pid, state: fields[0] ?? "", group: Number(fields[2]), startTime: Number(fields[19]) };
}

/**
 * Reads the state of a process synchronously: during a turn of the event loop the process could end, and another
 * process could get its pid.
 *
 * @returns `undefined` when no such process exists, or the system has no `/proc`.
 */
export function readProcessStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(pid, readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** Whether a process is a zombie. Without an init that reaps them, as in many containers, zombies stay forever. */
export function hasEnded({ state }: ProcessStat): boolean {
  return state === "Z" || state === "X";
}

/**
 * Finds the members of a process group that have not ended.
 *
 * @throws {Error} When the system has no `/proc`.
 */
export async function* liveMembers(group: number): AsyncGenerator<ProcessStat, void> {
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // Reading fails if the process has ended since.
    const stat = parseProcessStat(Number(name), await readFile(`/proc/${name}/stat`, "latin1").catch(() => ""));
    if (stat?.group === group && !hasEnded(stat)) yield stat;
  }
}
