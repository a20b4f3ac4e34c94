import type { Plan } from "./planning/plan.ts";
import type { BuildRecord } from "./record.ts";

/** How many former builds count: enough to pass over one that had to download everything, and not the far past. */
const MAX_BUILDS = 5;

/**
 * How long a build will probably take, in milliseconds: the median of the last five that did the same and succeeded.
 * The same is the same project, script and install; to skip the install, for one, changes the time more than anything
 * else. A failed build says nothing: it stopped somewhere.
 *
 * @param records The builds that are known, the newest first.
 * @returns `null` when there was none.
 */
export function estimateDuration(plan: Plan, records: Iterable<BuildRecord>): number | null {
  const durations: number[] = [];
  for (const record of records) {
    if (record.status !== "succeeded" || !isSame(plan, record)) continue;
    durations.push(duration(record));
    if (durations.length === MAX_BUILDS) break;
  }
  durations.sort((a, b) => a - b);
  const [low, high] = [durations[(durations.length - 1) >> 1], durations[durations.length >> 1]];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}

function isSame({ projectPath, script = null, install = null }: Plan, record: BuildRecord): boolean {
  return record.projectPath === projectPath && record.script === script && record.install === install;
}

/** A clock that was set back meanwhile makes it 0, not less. */
function duration({ startedAt, finishedAt }: BuildRecord): number {
  return Math.max(0, Date.parse(finishedAt ?? "") - Date.parse(startedAt ?? ""));
}
