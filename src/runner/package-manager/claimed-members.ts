import { relative, sep } from "node:path";
import { claims } from "../project/members.ts";
import { isInside } from "../project/resolve-inside.ts";
import { WorkLimit } from "../project/work-limit.ts";
import { workspaceGlobs } from "../project/workspace.ts";
import { detectPackageManager } from "./detect.ts";
import type { Project } from "../project/project.ts";

/** About 20 ms. */
const MAX_WORK = 4 * 1024 * 1024;

/** The projects below the root of a monorepo that its workspace list names; empty when it is no such root. */
export async function claimedMembers<Found extends { readonly path: string }>(
  root: Project,
  found: readonly Found[],
): Promise<Found[]> {
  const below = found.filter(({ path }) => path !== root.path && isInside(path, root.path));
  const globs = below.length === 0 ? [] : await workspaceGlobs(root.path);
  if (globs.length === 0) return [];
  const { manager } = await detectPackageManager(root);
  const work = new WorkLimit(MAX_WORK);
  return below.filter(({ path }) => {
    const member = relative(root.path, path).replaceAll(sep, "/");
    return !work.isReached && claims(globs, member, manager.exclusions, work);
  });
}
