import type { CgroupFolder } from "./cgroup-folder.ts";

/** The limits for programs that the planning of a build runs, such as `pnpm --version`. */
export interface ProgramLimits {
  /** The niceness, from 0 to 19. */
  readonly nice: number;
  /** The cgroup below which each program has its own; `undefined`: that of this process. */
  readonly folder: CgroupFolder | undefined;
  /** Aborts when the build is stopped; the programs are ended then. */
  readonly signal: AbortSignal;
  /** The cookie of the build, by which the next server finds the programs of a killed one. */
  readonly cookie: string;
  /** How long a program may run, in milliseconds. */
  readonly answerTime?: number | undefined;
}
