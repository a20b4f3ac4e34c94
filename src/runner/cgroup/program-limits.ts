import type { CgroupFolder } from "./cgroup-folder.ts";

/** The limits of a queue for programs outside of its builds, such as `pnpm --version` while a build is planned. */
export interface ProgramLimits {
  /** The niceness, from 0 to 19. */
  readonly nice: number;
  /** The cgroup below which each program has its own; `undefined`: that of this process. */
  readonly folder: CgroupFolder | undefined;
  /** Aborts when the queue is closed; the programs are ended then. */
  readonly signal: AbortSignal;
}
