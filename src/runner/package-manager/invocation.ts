import { findProgram } from "../program/find-program.ts";
import { askVersion, installedVersion } from "./version.ts";
import type { ProgramLimits } from "../cgroup/program-limits.ts";
import type { Environment } from "../program/find-program.ts";
import type { DetectedPackageManager } from "./detect.ts";

/** The command that runs a project's package manager on this machine. */
export interface ManagerCall {
  readonly command: string;
  /** The arguments before the manager's own. */
  readonly args: readonly string[];
  /** The version that will run; `undefined` when it is unknown until then. */
  readonly version: string | undefined;
  /** A part of the sentence about the plan: `it is not on PATH, so corepack runs it`. Empty in the usual case. */
  readonly note: string;
  readonly warnings: readonly string[];
}

/**
 * Decides how to call the package manager: by its name, or through corepack when `package.json` names it and it is not
 * on `PATH`, or not in the exact version that `packageManager` names.
 *
 * A manager that does not switch versions (`switchesVersion`) runs in the installed one, as it does in a shell.
 */
export async function findManager(
  detected: DetectedPackageManager,
  env: Environment,
  limits?: ProgramLimits,
): Promise<ManagerCall> {
  const { manager, installPath, isNamed, namedVersion } = detected;
  const { program, switchesVersion, hasCorepack, runsInstalled } = manager;
  const file = await findProgram(program, env);
  const isCorepackThere = isNamed && hasCorepack && (await findProgram("corepack", env)) !== undefined;
  const direct = { command: program, args: [], note: "", warnings: [] };
  const throughCorepack = { command: "corepack", args: [program], version: namedVersion, warnings: [] };
  if (file === undefined) {
    if (isCorepackThere) return { ...throughCorepack, note: "it is not on PATH, so corepack runs it" };
    return { ...direct, version: undefined, note: `${program} is not on PATH` };
  }
  const isFixed = runsInstalled === "always" || (runsInstalled === "unlessNamed" && !isNamed);
  const installed = isFixed ? await installedVersion(file, program) : undefined;
  const found = installed ?? (await askVersion(file, installPath, env, limits));
  if (found === undefined) return { ...direct, version: switchesVersion ? namedVersion : undefined };
  if (namedVersion === undefined || found === namedVersion) return { ...direct, version: found };
  if (isCorepackThere && switchesVersion) {
    return { ...throughCorepack, note: `${program} ${found} is on PATH, so corepack runs the version that is named` };
  }
  const reason = switchesVersion ? " and corepack is not" : "";
  const onPath = `${program} ${found} is on PATH${reason}, so that runs`;
  const warning = `packageManager names ${program}@${namedVersion}, but ${onPath}`;
  return { ...direct, version: found, warnings: [warning] };
}
