import { settlesWithin } from "../process/waiting.ts";
import { pinProblem } from "../project/directory-pin.ts";
import { checkPlan } from "./check-plan.ts";
import type { Plan } from "./plan.ts";
import type { PlanContext, PlanDraft } from "./plan-draft.ts";

/** How long a stopped build waits for its plan. */
export interface StopGrace {
  /** In milliseconds. */
  readonly killGrace: number;
  /** Aborting it ends the grace. */
  readonly forceSignal: AbortSignal;
}

/**
 * Makes the plan of a draft.
 *
 * @returns The plan, or a sentence with the reason why it cannot be made. Never rejects.
 */
export async function makePlan(draft: PlanDraft, context: PlanContext, grace: StopGrace): Promise<Plan | string> {
  const { signal } = context;
  const made = plan(draft, context).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  const first = await Promise.race([made, aborted(signal)]);
  // The programs that it has started end now. A function that ignores the signal does not hold the build back.
  if (signal.aborted) await settlesWithin(made, grace.killGrace, grace.forceSignal);
  return first;
}

async function plan(draft: PlanDraft, context: PlanContext): Promise<Plan> {
  const { projectPath, directories, pins = [] } = draft;
  const problem = await pinProblem(pins);
  if (problem !== undefined) throw new Error(`Cannot plan the build: ${problem}`);
  const made = await draft.plan(context);
  checkPlan(made);
  const isReserved = ({ cwd }: Plan["steps"][number]): boolean => cwd === projectPath || directories.includes(cwd);
  const elsewhere = made.steps.find((step) => !isReserved(step));
  if (elsewhere === undefined) return made;
  const reason = `${elsewhere.name} now works in ${elsewhere.cwd}, unlike when the build was accepted`;
  throw new Error(`Cannot plan the build: ${reason}; build it again`);
}

function aborted(signal: AbortSignal): Promise<string> {
  const reason = "the build was stopped";
  if (signal.aborted) return Promise.resolve(reason);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(reason), { once: true }));
}
