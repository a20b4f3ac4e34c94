import { invalidOption } from "../../error.ts";
import { CgroupFolder } from "./cgroup-folder.ts";
import { cgroupFiles } from "./cgroup-files.ts";
import type { CgroupFiles } from "./cgroup-files.ts";

/** The highest process id that Linux has. */
export const MAX_PIDS = 4_194_304;

/** The cgroups of a queue, as far as this system has them. */
export interface Cgroups {
  /** `undefined` when steps run without a cgroup. */
  readonly folder: CgroupFolder | undefined;
  /** The warning, as a sentence, that builds run without cgroups or without the limit. */
  readonly warning: string | undefined;
  /** The same for the log of each build; present only when a limit was asked for. */
  readonly logWarning: string | undefined;
}

/**
 * Opens the cgroup in which builds run. A directory that was named must be usable. With `auto`, or with a limit alone,
 * builds run without a cgroup if necessary, and a warning says so.
 *
 * @param option - See `BuildQueueOptions.cgroup`.
 * @param pids - See `BuildQueueOptions.pids`.
 * @throws {TailcastError} `INVALID_OPTION` when the directory cannot be used.
 */
export function openCgroups(option: string | undefined, pids: number, files: CgroupFiles = cgroupFiles): Cgroups {
  if (option === undefined && pids === 0) return { folder: undefined, warning: undefined, logWarning: undefined };
  let folder: CgroupFolder | undefined;
  let problem: string | undefined;
  try {
    folder = new CgroupFolder(option ?? "auto", pids, files);
    problem = folder.limitProblem;
  } catch (error) {
    problem = (error as Error).message;
    if (option !== undefined && option !== "auto") throw invalidOption("cgroup", problem, error);
  }
  const unlimited = `the limit of ${pids} processes (pids) is not enforced: ${problem}`;
  const limitWarning = problem !== undefined && pids > 0 ? unlimited : undefined;
  const warning = limitWarning ?? (problem && `builds run without cgroups: ${problem}`);
  return { folder, warning, logWarning: limitWarning };
}
