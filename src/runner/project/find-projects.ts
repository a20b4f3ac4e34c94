import { opendir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { readManifest } from "./manifest.ts";
import { rethrowOutOfFiles } from "./out-of-files.ts";
import { projectName } from "./project.ts";
import { isInside } from "./resolve-inside.ts";
import { hasBuildScript } from "./scripts.ts";
import { WorkLimit } from "./work-limit.ts";

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
 * Looks below the roots for directories whose `package.json` has a `build` script: up to three levels down, not in
 * hidden directories, not in `node_modules`, and not behind symbolic links. It looks at no more than 2000 directories,
 * reads no more than 8 MiB and finds no more than 200 projects, so that a root like `/` costs little.
 *
 * Directories that cannot be read are skipped: the result is a list to choose from, not a check. It is sorted by path.
 */
export async function findProjects(roots: readonly string[]): Promise<ProjectSummary[]> {
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
      const project = await summarize(path, realRoots, work);
      if (project !== undefined) found.push(project);
      if (depth < MAX_DEPTH) await collectDirectories(path, below);
    }
    level = below;
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The project in a directory, if it can be built. */
async function summarize(
  path: string,
  roots: readonly string[],
  work: WorkLimit,
): Promise<ProjectSummary | undefined> {
  const root = roots.find((each) => isInside(path, each));
  const manifest = await readManifest(path, root, work).catch(rethrowOutOfFiles);
  return manifest !== undefined && hasBuildScript(manifest) ? { path, name: projectName(manifest, path) } : undefined;
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
