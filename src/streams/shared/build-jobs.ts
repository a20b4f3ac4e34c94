import { checkValue, hasMethod } from "../../check-options.ts";
import type { Kind } from "../../check-options.ts";
import type { PlanRequest } from "../../runner/planning/build-planner.ts";
import type { BuildRecord } from "../../runner/record.ts";

/** A build that a builder runs, as JSON. */
export interface BuildJob {
  /** The build, which is queued. Its `id` identifies the job. */
  readonly build: BuildRecord;
  /** The request for the build. It has the values of its variables. */
  readonly request: PlanRequest;
}

/** A queue that distributes jobs to builders, such as one of BullMQ. */
export interface BuildJobs {
  /**
   * Adds a job, unless a job of the same `build.projectPath` is queued or running.
   *
   * @returns The id of the job that is queued or running: that of the build, or that of the other job's build.
   */
  add(job: BuildJob): Promise<string>;
  /** Removes a job that no builder has taken. Returns whether it was removed. */
  remove(buildId: string): Promise<boolean>;
  /** Returns a job that is queued or running. A build without a job becomes `lost`. */
  find(buildId: string): Promise<BuildJob | undefined>;
}

const buildJobs: Kind = {
  description: "an object with the methods add, remove and find",
  includes: (value) => ["add", "remove", "find"].every((name) => hasMethod(value, name)),
};

/** @throws {TailcastError} `INVALID_OPTION` when the value is not such a queue. */
export function checkBuildJobs(jobs: BuildJobs): void {
  checkValue("jobs", jobs, buildJobs);
}
