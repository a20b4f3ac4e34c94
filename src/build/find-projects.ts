import { readFile, readdir, realpath } from "node:fs/promises";
import { basename, join } from "node:path";

/** A directory that can be built, to choose from. */
export interface ProjectSummary {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly name: string;
}

const MAX_DEPTH = 3;
const MAX_DIRECTORIES = 2000;
const MAX_PROJECTS = 200;

/**
 * Looks below the roots for directories whose `package.json` has a `build` script: up to three levels down, not in hidden
 * directories nor in `node_modules`, and at no more than 2000 directories, so that a root like `/` costs little.
 *
 * What cannot be read is passed over: the result is a choice to offer, not a verdict. Sorted by path.
 */
export async function findProjects(roots: readonly string[]): Promise<ProjectSummary[]> {
  const found = new Map<string, ProjectSummary>();
  let level = await Promise.all(roots.map((root) => realpath(root).catch(() => root)));
  let visited = 0;
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    const below: string[] = [];
    for (const directory of level) {
      if (++visited > MAX_DIRECTORIES || found.size >= MAX_PROJECTS) break;
      const name = await buildableName(directory);
      if (name !== undefined) found.set(directory, { path: directory, name });
      const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        const isPassedOver = entry.name.startsWith(".") || entry.name === "node_modules";
        if (entry.isDirectory() && !isPassedOver) below.push(join(directory, entry.name));
      }
    }
    level = below;
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The project's name when it can be built. */
async function buildableName(directory: string): Promise<string | undefined> {
  try {
    const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as {
      name?: unknown;
      scripts?: { build?: unknown };
    };
    if (typeof manifest.scripts?.build !== "string") return undefined;
    return typeof manifest.name === "string" ? manifest.name : basename(directory);
  } catch {
    return undefined;
  }
}
