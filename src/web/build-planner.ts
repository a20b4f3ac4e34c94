import { pinned, planBuild } from "../runner/plan.ts";
import { openFolder, readProject } from "../runner/project/project.ts";
import type { Plan } from "../runner/plan.ts";
import type { FolderPlanner } from "./build-app-options.ts";
import type { BuildRequest } from "./build-request.ts";

/** Plans a requested build. It rejects when the folder is outside the roots, or cannot be built. */
export type BuildPlanner = (request: BuildRequest) => Promise<Plan>;

/**
 * @param roots - Only folders in or below these directories can be built.
 * @param describe - Describes folders that are not JavaScript projects.
 */
export function buildPlanner(roots: readonly string[], describe: FolderPlanner): BuildPlanner {
  return async ({ projectPath, script, install }) => {
    const folder = await openFolder(projectPath, roots);
    // Before the planner is called: the folder must still be the same when the build starts.
    const pins = await pinned(folder.path);
    const described = await describe(folder, { script, install });
    return { pins, ...(described ?? (await planBuild(await readProject(folder), { script, install }))) };
  };
}
