import { readFileSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";

/** What Linux tells about a process in `/proc/<pid>/stat`. */
export interface ProcessStat {
  readonly pid: number;
  /** One letter; `Z` and `X` are processes that have ended. */
  readonly state: string;
  /** The id of its process group. */
  readonly group: number;
  /** When it started, in clock ticks after the boot. Together with the pid it names one process and no later one. */
  readonly startTime: number;
}

/** `1234 (name) S 1 567 ...`: the name may hold spaces and brackets, so the fields count from the last bracket. */
export function parseProcessStat(pid: number, text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(")");
  if (end === -1) return undefined;
  const fields = text.slice(end + 2).split(" ");
  return { pid, state: fields[0] ?? "", group: Number(fields[2]), startTime: Number(fields[19]) };
}

/**
 * Reads it now, without a turn of the event loop in which the process could end and its pid go to another.
 *
 * @returns `undefined` when there is no such process, or the system has no `/proc`.
 */
export function readProcessStat(pid: number): ProcessStat | undefined {
  try {
    return parseProcessStat(pid, readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** Zombies have ended: without an init that fetches them, as in many containers, they stay for ever. */
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
    // It fails for processes that end meanwhile.
    const stat = parseProcessStat(Number(name), await readFile(`/proc/${name}/stat`, "latin1").catch(() => ""));
    if (stat?.group === group && !hasEnded(stat)) yield stat;
  }
}
