import type { Plan } from "./planning/plan.ts";
import type { BuildRecord } from "./record.ts";

/** The work of a build. */
type Wanted = Pick<Plan, "projectPath" | "script" | "install">;

/** How many builds count: enough to outvote one that had to download everything, and only recent ones. */
const MAX_BUILDS = 5;

/**
 * Estimates the duration of a build in milliseconds: the median of the last five builds with the same project, script
 * and install mode that succeeded. The install mode counts, since skipping the install changes the duration more than
 * anything else. The duration of a failed build is no guide: it stopped early.
 *
 * @param records - The known builds, the newest first.
 * @returns `null` when no such build is known.
 */
export function estimateDuration(plan: Wanted, records: Iterable<BuildRecord>): number | null {
  const durations: number[] = [];
  for (const record of records) {
    if (record.status !== "succeeded" || !isOfPlan(record, plan)) continue;
    durations.push(durationOf(record));
    if (durations.length === MAX_BUILDS) break;
  }
  durations.sort((a, b) => a - b);
  const [low, high] = [durations[(durations.length - 1) >> 1], durations[durations.length >> 1]];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}

/** Whether a build did the same work as a plan. */
function isOfPlan(record: BuildRecord, { projectPath, script = null, install = null }: Wanted): boolean {
  return record.projectPath === projectPath && record.script === script && record.install === install;
}

/**
 * The duration of a build that has ended, in milliseconds. It is 0, never less, when the clock was set back during the
 * build.
 */
export function durationOf({ startedAt, finishedAt }: BuildRecord): number {
  return Math.max(0, Date.parse(finishedAt ?? "") - Date.parse(startedAt ?? ""));
}
