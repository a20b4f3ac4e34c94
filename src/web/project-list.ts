import { durationOf } from "../runner/estimate.ts";
import type { ProjectSummary } from "../runner/project/find-projects.ts";
import type { BuildRecord } from "../runner/record.ts";

/** A project and the kept builds of its directory, with any script. */
export interface ListedProject extends ProjectSummary {
  /** The number of its builds. */
  readonly builds: number;
  /** Its newest build that has ended, or `null`. */
  readonly last: BuildRecord | null;
  /** Its queued or running build, or `null`. */
  readonly active: BuildRecord | null;
  /** How long its last 20 builds that succeeded ran, in milliseconds, the oldest first. */
  readonly durations: readonly number[];
}

const MAX_DURATIONS = 20;

/**
 * Adds to each project what its builds say about it.
 *
 * @param builds - The kept builds, the newest first.
 */
export function listProjects(projects: readonly ProjectSummary[], builds: readonly BuildRecord[]): ListedProject[] {
  const byPath = new Map<string, BuildRecord[]>(projects.map(({ path }) => [path, []]));
  for (const build of builds) byPath.get(build.projectPath)?.push(build);
  return projects.map((project) => {
    const own = byPath.get(project.path) ?? [];
    const succeeded = own.filter(({ status }) => status === "succeeded").slice(0, MAX_DURATIONS);
    return {
      ...project,
      builds: own.length,
      last: own.find(({ finishedAt }) => finishedAt !== null) ?? null,
      active: own.find(({ finishedAt }) => finishedAt === null) ?? null,
      durations: succeeded.map(durationOf).reverse(),
    };
  });
}
