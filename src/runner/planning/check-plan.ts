import { MAX_DELAY, checkChoice, checkInteger, checkValue, kinds } from "../../check-options.ts";
import { invalidOption } from "../../error.ts";
import { variableProblem } from "../program/variables.ts";
import { installModes } from "./build-inputs.ts";
import { isDraft } from "./plan-draft.ts";
import type { DirectoryPin } from "../project/directory-pin.ts";
import type { Plan } from "./plan.ts";
import type { PlanDraft } from "./plan-draft.ts";
import type { Step } from "./step.ts";

/**
 * Checks that a plan has the form of its type, for callers without a type checker. Only the form is checked: whether a
 * directory or a command exists shows when the step runs.
 *
 * @throws {TailcastError} `INVALID_OPTION`, naming the property, e.g. `plan.steps[0].args`.
 */
export function checkPlan(plan: Plan): void {
  checkCommon(plan);
  checkValue("plan.reason", plan.reason, kinds.text);
  checkEach("plan.warnings", plan.warnings, (path, warning) => checkValue(path, warning, kinds.text));
  checkEach("plan.steps", plan.steps, checkStep);
  if (plan.next !== undefined) checkValue("plan.next", plan.next, kinds.function);
  checkValue("plan.nodeVersion", plan.nodeVersion ?? null, kinds.textOrNull);
  if (plan.programFolders !== undefined) {
    checkEach("plan.programFolders", plan.programFolders, (path, folder) => checkValue(path, folder, kinds.filledText));
  }
}

/** Checks a plan or a draft, as {@link checkPlan} does. */
export function checkSource(source: Plan | PlanDraft): void {
  checkValue("plan", source, kinds.object);
  if (isDraft(source)) checkDraft(source);
  else checkPlan(source);
}

function checkDraft(draft: PlanDraft): void {
  checkCommon(draft);
  checkEach("plan.directories", draft.directories, (path, directory) => checkValue(path, directory, kinds.filledText));
  checkValue("plan.plan", draft.plan, kinds.function);
}

function checkCommon(plan: Omit<PlanDraft, "directories" | "plan">): void {
  checkValue("plan", plan, kinds.object);
  checkValue("plan.projectPath", plan.projectPath, kinds.filledText);
  checkValue("plan.projectName", plan.projectName, kinds.text);
  checkValue("plan.packageManager", plan.packageManager, kinds.textOrNull);
  checkValue("plan.script", plan.script ?? null, kinds.textOrNull);
  if (plan.install != null) checkChoice("plan.install", plan.install, installModes);
  for (const layer of ["variables", "projectVariables"] as const) checkVariables(`plan.${layer}`, plan[layer] ?? {});
  if (plan.color !== undefined) checkValue("plan.color", plan.color, kinds.boolean);
  if (plan.timeout !== undefined) checkInteger("plan.timeout", plan.timeout, { min: 0, max: MAX_DELAY });
  if (plan.pins !== undefined) checkEach("plan.pins", plan.pins, checkPin);
}

function checkVariables(path: string, variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(checkValue(path, variables, kinds.object))) {
    const problem = variableProblem(name, checkValue(path, value, kinds.text));
    if (problem === undefined) continue;
    throw invalidOption(path, `it ${problem}`);
  }
}

function checkPin(path: string, pin: DirectoryPin): void {
  checkValue(path, pin, kinds.object);
  for (const name of ["path", "device", "inode"] as const) checkValue(`${path}.${name}`, pin[name], kinds.filledText);
}

function checkStep(path: string, step: Step): void {
  checkValue(path, step, kinds.object);
  checkValue(`${path}.name`, step.name, kinds.text);
  checkValue(`${path}.command`, step.command, kinds.filledText);
  checkEach(`${path}.args`, step.args, (at, argument) => checkValue(at, argument, kinds.text));
  checkValue(`${path}.cwd`, step.cwd, kinds.filledText);
  if (step.env !== undefined) checkValue(`${path}.env`, step.env, kinds.object);
  if (step.retry !== undefined) checkChoice(`${path}.retry`, step.retry, ["network"]);
  if (step.run !== undefined) checkValue(`${path}.run`, step.run, kinds.function);
  if (step.killGrace !== undefined) checkInteger(`${path}.killGrace`, step.killGrace, { min: 0, max: MAX_DELAY });
  if (step.watch === undefined) return;
  checkValue(`${path}.watch`, step.watch, kinds.object);
  const { onStart, onEnd } = step.watch;
  for (const [name, call] of Object.entries({ onStart, onEnd })) {
    checkValue(`${path}.watch.${name}`, call, kinds.function);
  }
}

function checkEach<Item>(path: string, items: readonly Item[], checkItem: (path: string, item: Item) => void): void {
  checkValue(path, items, kinds.array);
  for (const [index, item] of items.entries()) checkItem(`${path}[${index}]`, item);
}
