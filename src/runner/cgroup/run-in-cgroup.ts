import type { StepResult } from "../process/run-step.ts";
import type { CgroupFolder } from "./cgroup-folder.ts";
import type { StepCgroup } from "./step-cgroup.ts";

/**
 * Runs a step in its own cgroup, if there is a folder for it. Then removes the cgroup with the processes that are left
 * in it.
 *
 * @param say - Receives sentences about it for the log.
 */
export async function runInCgroup(
  folder: CgroupFolder | undefined,
  buildId: string,
  say: (text: string) => void,
  run: (cgroup: StepCgroup | undefined) => Promise<StepResult>,
): Promise<StepResult> {
  let cgroup: StepCgroup | undefined;
  try {
    cgroup = folder?.create(buildId);
  } catch (error) {
    return { type: "not-started", reason: `its cgroup could not be made: ${(error as Error).message}` };
  }
  if (cgroup === undefined) return run(undefined);
  try {
    return await run(cgroup);
  } finally {
    if (cgroup.limitHits > 0) say(limitText(cgroup.limit));
    if (!(await cgroup.remove())) say(`the cgroup ${cgroup.path} could not be removed: a process in it does not end`);
  }
}

function limitText(limit: number): string {
  return `the limit of ${limit} processes and threads (pids) was reached; the step could not start more`;
}
