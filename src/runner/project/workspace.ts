import { dirname, join, parse, relative, sep } from "node:path";
import { isObject } from "../../check-options.ts";
import { managers } from "../package-manager/managers.ts";
import { readManifest } from "./manifest.ts";
import { readStart } from "./read-file-start.ts";
import { claims } from "./members.ts";
import { resolveInside } from "./resolve-inside.ts";
import { WorkLimit } from "./work-limit.ts";
import { readYamlList } from "./yaml-list.ts";
import type { TailcastError } from "../../error.ts";
import type { PackageManager } from "../package-manager/managers.ts";
import type { JsonObject } from "./manifest.ts";
import type { Project } from "./project.ts";

/**
 * The root of the monorepo that the project is a member of: it holds the lock file, and everything is installed in it.
 */
export interface Workspace {
  readonly path: string;
  /** Its `package.json`; an empty object when the file does not exist, which pnpm allows. */
  readonly manifest: JsonObject;
}

/** The result of {@link findWorkspace}. */
export interface WorkspaceSearch {
  readonly workspace: Workspace | undefined;
  /** One sentence for each file that could not be read or checked. */
  readonly warnings: readonly string[];
}

/**
 * The largest workspace file that is read, in bytes. Large ones hold catalogs, and have a tenth of this size.
 */
const MAX_YAML_BYTES = 256 * 1024;

/**
 * The work of one search over all directories. At about 5 ns a unit, it takes at most 20 ms in addition to parsing the
 * files, of which four can have the maximum size.
 */
const MAX_WORK = 4 * 1024 * 1024;

/** The cost of looking into a directory, in addition to its files. */
const DIRECTORY_UNITS = 16 * 1024;

/**
 * Walks up from the project to the nearest directory whose workspace list claims it: `workspaces` in `package.json`
 * (npm, yarn) or `packages` in the workspace file of a package manager (pnpm). It never looks above the project's
 * allowed root: a file there, such as a stray lock file in a home directory, does not belong to the project.
 *
 * A file that cannot be read, or is too large, claims nothing, and the search ends when its work limit is reached. Both
 * cause a warning.
 *
 * @param managerIn - Returns the package manager that reads the `workspaces` of a `package.json`.
 */
export async function findWorkspace(
  project: Project,
  managerIn: (place: Workspace) => Promise<PackageManager>,
): Promise<WorkspaceSearch> {
  const warnings: string[] = [];
  const work = new WorkLimit(MAX_WORK);
  for (let path = project.path; path !== project.root;) {
    path = dirname(path);
    const distrust = (file: string, error: Error): void => {
      warnings.push(`${relative(project.path, join(path, file))} claims no project: ${error.message}`);
    };
    work.spend(DIRECTORY_UNITS);
    const manifest = await readParentManifest(path, project.root, work).catch((error: Error): JsonObject => {
      distrust("package.json", error);
      return {};
    });
    const member = relative(path, project.path).replaceAll(sep, "/");
    const globs = manifestGlobs(manifest);
    let isClaimed = globs.length > 0 && claims(globs, member, (await managerIn({ path, manifest })).exclusions, work);
    for (const { workspaceFile, exclusions } of managers) {
      if (workspaceFile === undefined || isClaimed) continue;
      const yaml = await readYaml(join(path, workspaceFile), project.root, work).catch((error: Error) => {
        distrust(workspaceFile, error);
        return "";
      });
      isClaimed = claims(readYamlList(yaml, "packages"), member, exclusions, work);
    }
    if (work.isReached) {
      const place = relative(project.path, path);
      warnings.push(`no workspace was found up to ${place}, where the search stopped: the files above are too large`);
      break;
    }
    if (isClaimed) return { workspace: { path, manifest }, warnings };
  }
  return { workspace: undefined, warnings };
}

/**
 * Finds the nearest directory above the allowed root whose `package.json` lists a directory as a member. Package
 * managers find it as well, and would install there. Nothing but its workspace list is read.
 *
 * @param path - The directory of an install: below `root`, without symbolic links.
 */
export async function findOuterWorkspace(
  path: string,
  root: string,
  { exclusions }: PackageManager,
): Promise<string | undefined> {
  const work = new WorkLimit(MAX_WORK);
  for (let folder = root; folder !== dirname(folder) && !work.isReached;) {
    folder = dirname(folder);
    work.spend(DIRECTORY_UNITS);
    const globs = manifestGlobs(await readManifest(folder, parse(folder).root, work).catch((): JsonObject => ({})));
    const member = relative(folder, path).replaceAll(sep, "/");
    if (globs.length > 0 && claims(globs, member, exclusions, work)) return folder;
  }
  return undefined;
}

/** Whether a `package.json` makes its directory the root of a workspace, even one without members. */
export function isWorkspaceRoot({ workspaces }: JsonObject): boolean {
  return Array.isArray(isObject(workspaces) ? workspaces["packages"] : workspaces);
}

/**
 * The workspace list of a directory: `workspaces` in its `package.json`, and `packages` in the workspace files of
 * package managers. A file that cannot be read adds nothing. A workspace file without a list stands for every
 * directory, as it did in early versions of pnpm.
 */
export async function workspaceGlobs(path: string): Promise<readonly string[]> {
  const work = new WorkLimit(MAX_WORK);
  // Links are followed, as the managers do: only globs are read from the files.
  const { root } = parse(path);
  const globs = manifestGlobs(await readManifest(path, root, work).catch((): JsonObject => ({})));
  for (const { workspaceFile } of managers) {
    if (workspaceFile === undefined) continue;
    const yaml = await readYaml(join(path, workspaceFile), root, work).catch(() => "");
    const packages = readYamlList(yaml, "packages");
    globs.push(...(packages.length === 0 && yaml !== "" ? ["**"] : packages));
  }
  return globs;
}

/** Reads a `package.json`, or an empty object when it does not exist. @throws {TailcastError} `INVALID_MANIFEST` */
async function readParentManifest(path: string, root: string, work: WorkLimit): Promise<JsonObject> {
  try {
    return await readManifest(path, root, work);
  } catch (error) {
    if ((error as TailcastError).code === "NO_MANIFEST") return {};
    throw error;
  }
}

function manifestGlobs({ workspaces }: JsonObject): string[] {
  const list = isObject(workspaces) ? workspaces["packages"] : workspaces;
  return Array.isArray(list) ? list.filter((glob) => typeof glob === "string") : [];
}

async function readYaml(path: string, root: string, work: WorkLimit): Promise<string> {
  const read = async (): Promise<Uint8Array | undefined> => {
    return readStart(await resolveInside(path, root), MAX_YAML_BYTES + 1);
  };
  const bytes = await read().catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (bytes === undefined) return "";
  work.spend(bytes.length);
  if (bytes.length > MAX_YAML_BYTES) throw new RangeError(`it must not be larger than ${MAX_YAML_BYTES} bytes`);
  return new TextDecoder().decode(bytes);
}
