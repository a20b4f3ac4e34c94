import type { Build, Outline } from "../model.ts";

/** Returns the lines of the marks that are errors, in order. Warnings are marked, but they are not errors. */
export function errorLines(outline: Outline | undefined): number[] {
  return (outline?.marks ?? []).filter(({ kind }) => kind !== "warning").map(({ line }) => line);
}

/** Returns the line of the first error in the failed step; that of the first error if the step has no mark. */
export function firstError(outline: Outline, build: Build): number | undefined {
  const errors = errorLines(outline);
  const failed = build.steps.find(({ status }) => status === "failed")?.name;
  const stepOf = (line: number): string | null | undefined =>
    outline.sections.findLast(({ first }) => first <= line)?.step;
  return errors.find((line) => failed !== undefined && stepOf(line) === failed) ?? errors[0];
}

/** Returns the error after or before the current one; after the last comes the first. */
export function nextError(errors: readonly number[], current: number | undefined, isBack: boolean): number | undefined {
  if (current === undefined) return isBack ? errors.at(-1) : errors[0];
  if (isBack) return errors.findLast((line) => line < current) ?? errors.at(-1);
  return errors.find((line) => line > current) ?? errors[0];
}
