import { environmentDifference } from "../program/environment.ts";
import { addVariables, unmaskedVariables } from "../program/variables.ts";
import type { Environment } from "../program/find-program.ts";
import type { BuildVariables } from "../program/variables.ts";
import type { Plan } from "./plan.ts";

/** The lines about a plan: its reason, if it has one, and its warnings. */
export function planLines({ reason, warnings }: Plan): string[] {
  return [...(reason === "" ? [] : [reason]), ...warnings.map(warningLine)];
}

/**
 * The lines about the environment of a build: how it differs from that of the server, and warnings.
 *
 * @param env - The environment of all builds.
 * @param warning - A problem of the server that concerns every build.
 */
export function environmentLines(build: BuildVariables, env: Environment, warning: string | undefined): string[] {
  const difference = environmentDifference(addVariables(env, build));
  const unmasked = unmaskedVariables({ ...build.projectVariables, ...build.variables });
  const warnings = warning === undefined ? unmasked : [...unmasked, warning];
  return [...(difference === undefined ? [] : [difference]), ...warnings.map(warningLine)];
}

function warningLine(warning: string): string {
  return `warning: ${warning}`;
}
