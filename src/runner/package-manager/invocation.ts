import { findProgram } from "../program/find-program.ts";
import { askVersion, installedVersion } from "./version.ts";
import type { ProgramLimits } from "../cgroup/program-limits.ts";
import type { Environment } from "../program/find-program.ts";
import type { DetectedPackageManager } from "./detect.ts";
import type { VersionAnswer } from "./version.ts";

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
  /** The path of corepack, if that runs the manager. */
  readonly corepack: string | undefined;
}

/**
 * Decides how to call the package manager: by its name, or through corepack when `package.json` names it and it is not
 * on `PATH`, or did not confirm the exact version that `packageManager` names.
 *
 * A manager that does not switch versions (`switchesVersion`) runs in the installed one, as it does in a shell.
 */
export async function findManager(
  detected: DetectedPackageManager,
  env: Environment,
  limits?: Partial<ProgramLimits>,
): Promise<ManagerCall> {
  const { manager, installPath, namedIn, namedVersion } = detected;
  const { program, switchesVersion, corepackPrograms } = manager;
  const file = await findProgram(program, env);
  const canUseCorepack = namedIn !== undefined && corepackPrograms.length > 0;
  const corepack = canUseCorepack ? await findProgram("corepack", env) : undefined;
  const direct = { command: program, args: [], note: "", warnings: [], corepack: undefined };
  // Corepack looks for the name in the directory in which it runs.
  const confirmed = namedIn === installPath ? namedVersion : undefined;
  const throughCorepack = { command: "corepack", args: [program], version: confirmed, warnings: [], corepack };
  if (file === undefined) {
    if (corepack !== undefined) return { ...throughCorepack, note: "it is not on PATH, so corepack runs it" };
    return { ...direct, version: undefined, note: `${program} is not on PATH` };
  }
  const answer = await runningVersion(file, detected, env, limits);
  const version = "version" in answer ? answer.version : undefined;
  const isWanted = namedVersion === undefined || namedVersion === version;
  if (version !== undefined && isWanted) return { ...direct, version };
  const finding = "version" in answer ? `${program} ${answer.version} is on PATH` : `${program} ${answer.problem}`;
  if (namedVersion !== undefined && switchesVersion && corepack !== undefined) {
    return { ...throughCorepack, note: `${finding}, so corepack runs the version that is named` };
  }
  const missing = switchesVersion && version !== undefined ? " and corepack is not" : "";
  const consequence = version === undefined ? "the version that runs is unknown" : `${program} ${version} runs`;
  const wish = namedVersion === undefined ? "" : `packageManager names ${program}@${namedVersion}, but `;
  return { ...direct, version, warnings: [`${wish}${finding}${missing}, so ${consequence}`] };
}

/** The version that runs: from files if no other version can take over, otherwise as the program prints it. */
async function runningVersion(
  file: string,
  { manager, installPath, namedIn, namedVersion }: DetectedPackageManager,
  env: Environment,
  limits: Partial<ProgramLimits> | undefined,
): Promise<VersionAnswer> {
  const { program, runsInstalled } = manager;
  if (runsInstalled !== "never") {
    const installed = await installedVersion(file, program);
    const isFixed = runsInstalled === "always" || namedIn === undefined || installed === namedVersion;
    if (installed !== undefined && isFixed) return { version: installed };
  }
  return askVersion(file, installPath, env, limits);
}
