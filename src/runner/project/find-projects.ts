import { opendir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { claimedMembers } from "../package-manager/claimed-members.ts";
import { DEFAULT_INPUTS } from "../planning/build-inputs.ts";
import { readManifest } from "./manifest.ts";
import { rethrowOutOfFiles } from "./out-of-files.ts";
import { projectName } from "./project.ts";
import { isInside } from "./resolve-inside.ts";
import { hasScript } from "./scripts.ts";
import { WorkLimit } from "./work-limit.ts";
import type { Project } from "./project.ts";

/** A project in the list that a person chooses from. */
export interface ProjectSummary {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly name: string;
}

const MAX_DEPTH = 3;
const MAX_DIRECTORIES = 2000;
const MAX_PROJECTS = 200;

/** How much of `package.json` files one search reads, in bytes. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Looks below the roots for directories that can be built: their `package.json` has the script, or they are the root of
 * a monorepo, and a member that was found has it. It looks up to three levels down, not in hidden directories, not in
 * `node_modules`, and not behind symbolic links. It looks at no more than 2000 directories,
 * reads no more than 8 MiB and finds no more than 200 projects, so that a root like `/` costs little.
 *
 * Directories that cannot be read are skipped: the result is a list to choose from, not a check. It is sorted by path.
 *
 * @param script - Default: `build`.
 */
export async function findProjects(
  roots: readonly string[],
  script: string = DEFAULT_INPUTS.script,
): Promise<ProjectSummary[]> {
  const others: Project[] = [];
  const found: ProjectSummary[] = [];
  const seen = new Set<string>();
  const work = new WorkLimit(MAX_BYTES);
  const find = (root: string): Promise<string> => realpath(root).catch((error) => (rethrowOutOfFiles(error), root));
  const realRoots = await Promise.all(roots.map(find));
  let level: readonly string[] = realRoots;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const below: string[] = [];
    for (const path of level) {
      if (seen.size === MAX_DIRECTORIES || found.length === MAX_PROJECTS || work.isReached) break;
      // A root may lie below another.
      if (seen.has(path)) continue;
      seen.add(path);
      const project = await open(path, realRoots, work);
      if (project !== undefined && hasScript(project.manifest, script)) found.push({ path, name: project.name });
      else if (project !== undefined) others.push(project);
      if (depth < MAX_DEPTH) await collectDirectories(path, below);
    }
    level = below;
  }
  const withScript = [...found];
  for (const project of others) {
    if (found.length >= MAX_PROJECTS) break;
    const members = await claimedMembers(project, withScript);
    if (members.length > 0) found.push({ path: project.path, name: project.name });
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The project in a directory, if its `package.json` can be read. */
async function open(path: string, roots: readonly string[], work: WorkLimit): Promise<Project | undefined> {
  const root = roots.find((each) => isInside(path, each)) ?? path;
  const manifest = await readManifest(path, root, work).catch(rethrowOutOfFiles);
  return manifest === undefined ? undefined : { path, root, name: projectName(manifest, path), manifest };
}

/** Adds the directories in `path` that can hold a project, up to the number that is ever looked at. */
async function collectDirectories(path: string, directories: string[]): Promise<void> {
  try {
    // Read in parts: a directory can hold millions of files.
    for await (const entry of await opendir(path, { bufferSize: 128 })) {
      if (directories.length >= MAX_DIRECTORIES) return;
      const isSkipped = entry.name.startsWith(".") || entry.name === "node_modules";
      if (entry.isDirectory() && !isSkipped) directories.push(join(path, entry.name));
    }
  } catch (error) {
    // It was removed, or this user may not read it.
    rethrowOutOfFiles(error);
  }
}
