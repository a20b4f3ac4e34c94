import { dirname, join, relative, sep } from "node:path";
import { isObject } from "../../check-options.ts";
import { managers } from "../package-manager/managers.ts";
import { readManifest } from "./manifest.ts";
import { readStart } from "./read-file-start.ts";
import { matchesGlob } from "./glob.ts";
import { WorkLimit } from "./work-limit.ts";
import type { TailcastError } from "../../error.ts";
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

/** An item of a YAML sequence `[a, 'b', "c"]`: in single quotes, in double quotes, or plain. */
const FLOW_ITEM = /'([^'\n]*)'|"([^"\n]*)"|([^\s,[\]'"][^\s,[\]]*)/g;

/** An item on a line of its own, behind a dash. Without quotes it reaches to the end of the line, commas included. */
const BLOCK_ITEM = /^[ \t]*-[ \t]+(?:'([^'\n]*)'|"([^"\n]*)"|(\S.*))/gm;

/**
 * Walks up from the project to the nearest directory whose workspace list claims it: `workspaces` in `package.json`
 * (npm, yarn) or `packages` in the workspace file of a package manager (pnpm). It never looks above the project's
 * allowed root: a file there, such as a stray lock file in a home directory, does not belong to the project.
 *
 * A file that cannot be read, or is too large, claims nothing, and the search ends when its work limit is reached. Both
 * cause a warning.
 */
export async function findWorkspace(project: Project): Promise<WorkspaceSearch> {
  const warnings: string[] = [];
  const work = new WorkLimit(MAX_WORK);
  for (let path = project.path; path !== project.root;) {
    path = dirname(path);
    const distrust = (file: string, error: Error): void => {
      warnings.push(`${relative(project.path, join(path, file))} claims no project: ${error.message}`);
    };
    work.spend(DIRECTORY_UNITS);
    const manifest = await readParentManifest(path, work).catch((error: Error): JsonObject => {
      distrust("package.json", error);
      return {};
    });
    let globs = manifestGlobs(manifest);
    for (const file of workspaceFiles()) {
      const yaml = await readYaml(join(path, file), work).catch((error: Error) => {
        distrust(file, error);
        return "";
      });
      globs = globs.concat(parsePackages(yaml));
    }
    const isClaimed = claims(globs, relative(path, project.path).replaceAll(sep, "/"), work);
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
 * The workspace list of a directory: `workspaces` in its `package.json`, and `packages` in the workspace files of
 * package managers. A file that cannot be read adds nothing. A workspace file without a list stands for every
 * directory, as it did in early versions of pnpm.
 */
export async function workspaceGlobs(path: string): Promise<readonly string[]> {
  const work = new WorkLimit(MAX_WORK);
  const globs = manifestGlobs(await readManifest(path, work).catch((): JsonObject => ({})));
  for (const file of workspaceFiles()) {
    const yaml = await readYaml(join(path, file), work).catch(() => "");
    const packages = parsePackages(yaml);
    globs.push(...(packages.length === 0 && yaml !== "" ? ["**"] : packages));
  }
  return globs;
}

/** A glob with a leading `!` excludes members, wherever in the list it stands. */
function claims(globs: readonly string[], path: string, work: WorkLimit): boolean {
  const isExcluded = globs.some((glob) => glob.startsWith("!") && matchesGlob(path, glob.slice(1), work));
  return !isExcluded && globs.some((glob) => !glob.startsWith("!") && matchesGlob(path, glob, work));
}

/** Reads a `package.json`, or an empty object when it does not exist. @throws {TailcastError} `INVALID_MANIFEST` */
async function readParentManifest(path: string, work: WorkLimit): Promise<JsonObject> {
  try {
    return await readManifest(path, work);
  } catch (error) {
    if ((error as TailcastError).code === "NO_MANIFEST") return {};
    throw error;
  }
}

function manifestGlobs({ workspaces }: JsonObject): string[] {
  const list = isObject(workspaces) ? workspaces["packages"] : workspaces;
  return Array.isArray(list) ? list.filter((glob) => typeof glob === "string") : [];
}

/**
 * Reads the `packages` list of a workspace file. It supports the YAML that such lists use: a sequence in
 * block or flow style, plain or quoted, with comments.
 */
function parsePackages(yaml: string): string[] {
  // Not ".*", which stops at a CR: a line of hashes would be searched once for each hash.
  const lines = yaml.split("\n").map((line) => line.replace(/(?:^|\s)#[^]*$/, ""));
  const start = lines.findIndex((line) => /^packages\s*:/.test(line));
  if (start === -1) return [];
  // The next key at the left margin ends the list; its items are indented or begin with a dash.
  const end = lines.findIndex((line, index) => index > start && /^[^\s\-\]]/.test(line));
  const list = lines
    .slice(start, end === -1 ? undefined : end)
    .join("\n")
    .replace(/^packages\s*:/, "");
  const scalars = list.matchAll(list.trimStart().startsWith("[") ? FLOW_ITEM : BLOCK_ITEM);
  return Array.from(scalars, ([, single, double, plain = ""]) => single ?? double ?? plain.trimEnd());
}

function workspaceFiles(): ReadonlySet<string> {
  return new Set(managers.flatMap(({ workspaceFile }) => (workspaceFile === undefined ? [] : [workspaceFile])));
}

async function readYaml(path: string, work: WorkLimit): Promise<string> {
  const bytes = await readStart(path, MAX_YAML_BYTES + 1).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (bytes === undefined) return "";
  work.spend(bytes.length);
  if (bytes.length > MAX_YAML_BYTES) throw new RangeError(`it must not be larger than ${MAX_YAML_BYTES} bytes`);
  return new TextDecoder().decode(bytes);
}
