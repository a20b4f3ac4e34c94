import type { ProgramLimits } from "../cgroup/program-limits.ts";
import type { Plan } from "./plan.ts";

/** The build that a plan is made for. */
export interface PlanContext {
  /** Aborts when the build is stopped. The build then waits for the plan no longer than its `killGrace`. */
  readonly signal: AbortSignal;
  /** Adds a line to the log of the build, below the step `plan`. */
  readonly say: (text: string) => void;
  /** Makes an empty folder, which only this user may enter. It is removed when the build ends. */
  readonly makeFolder: () => Promise<string>;
  /** The limits of programs that the planning runs. */
  readonly limits: ProgramLimits;
}

/**
 * A build whose plan is made when it runs, as its first step, which is called `plan`. So a build can be accepted before
 * anything slow is known, such as the version of a package manager.
 */
export interface PlanDraft
  extends Omit<Plan, "reason" | "warnings" | "steps" | "next" | "nodeVersion" | "programFolders"> {
  /** The directories that its steps work in, in addition to `projectPath`. No other build uses them at that time. */
  readonly directories: readonly string[];
  /**
   * Makes the plan. The project, the script and the variables of the draft stay. An error that this throws fails the
   * build, with its message.
   */
  readonly plan: (context: PlanContext) => Plan | Promise<Plan>;
}

/** The name of the step in which the plan of a draft is made. */
export const PLAN_STEP = "plan";

/** The name of the step in which {@link Plan.next} makes a plan. */
export const NEXT_PLAN_STEP = "plan again";

/** Whether the plan is still to be made. */
export function isDraft(source: Plan | PlanDraft): source is PlanDraft {
  return "plan" in source;
}
