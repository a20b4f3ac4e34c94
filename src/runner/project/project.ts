import { realpath, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { checkTexts, checkValue, kinds } from "../../check-options.ts";
import { TailcastError } from "../../error.ts";
import { plainText } from "../../terminal/plain-text.ts";
import { readManifest } from "./manifest.ts";
import { rethrowOutOfFiles } from "./out-of-files.ts";
import { isInside } from "./resolve-inside.ts";
import type { JsonObject } from "./manifest.ts";

/** A directory that may be built: it exists below an allowed root. */
export interface ProjectFolder {
  /** The directory: absolute, without symbolic links. */
  readonly path: string;
  /**
   * The allowed root that contains it: absolute, without symbolic links. No project above the root is ever read or
   * changed, except that an install looks for a workspace list that it has to ignore.
   */
  readonly root: string;
}

/** A JavaScript project: such a directory with a readable `package.json`. */
export interface Project extends ProjectFolder {
  /** The name in `package.json`, or the name of the directory. */
  readonly name: string;
  /** The parsed `package.json`. */
  readonly manifest: JsonObject;
}

/** The limit of Linux (`PATH_MAX`). */
const MAX_PATH_LENGTH = 4096;

/** The longest name npm accepts. */
const MAX_NAME_LENGTH = 214;

/**
 * Finds a requested project, as {@link openFolder} does, and reads its `package.json`.
 *
 * @throws {TailcastError} `INVALID_OPTION`; `PROJECT_NOT_FOUND`; `NO_MANIFEST` or `INVALID_MANIFEST` when its
 * `package.json` is missing or invalid.
 */
export async function openProject(path: string, roots: readonly string[]): Promise<Project> {
  checkValue("path", path, kinds.text);
  return readProject(await openFolder(path, checkTexts("roots", roots)));
}

/** Reads the `package.json` of a directory. @throws {TailcastError} `NO_MANIFEST`, `INVALID_MANIFEST` */
export async function readProject(folder: ProjectFolder): Promise<Project> {
  const manifest = await readManifest(folder.path, folder.root);
  return { ...folder, name: projectName(manifest, folder.path), manifest };
}

/**
 * Finds a requested directory. Symbolic links are resolved before any comparison, so a link cannot lead out of the
 * root.
 *
 * @param path - Absolute, or relative to the first root under which it exists. If there is no such directory, spaces
 * around it do not count.
 * @param roots - The directories under which projects may be built.
 * @throws {TailcastError} `PROJECT_NOT_FOUND` when there is no such directory under a root. The error is the same for
 * "outside", "missing" and "not a directory", so that requests cannot explore the file system.
 */
export async function openFolder(path: string, roots: readonly string[]): Promise<ProjectFolder> {
  if (path.trim() === "") throw notFound("the path is empty; enter the path of a project's directory");
  if (path.length > MAX_PATH_LENGTH) throw notFound(`the path is longer than ${MAX_PATH_LENGTH} characters`);
  if (path.includes("\0")) throw notFound("the path contains a NUL character");
  // A name can begin or end with spaces; a path that was pasted has them by mistake.
  for (const wanted of new Set([path, path.trim()])) {
    for (const root of roots) {
      const found = await locate(wanted, root);
      if (found !== undefined) return found;
    }
  }
  throw notFound("there is no such directory under an allowed root; check the path");
}

async function locate(path: string, root: string): Promise<ProjectFolder | undefined> {
  try {
    const realRoot = await realpath(root);
    const realPath = await realpath(resolve(realRoot, path));
    const isProject = isInside(realPath, realRoot) && (await stat(realPath)).isDirectory();
    return isProject ? { path: realPath, root: realRoot } : undefined;
  } catch (error) {
    rethrowOutOfFiles(error);
    return undefined;
  }
}

/**
 * The name in `package.json` if it is usable, otherwise the name of the directory. It appears on the page, in logs and
 * on terminals, so its hidden characters are shown by their name: `<U+202E>`.
 */
export function projectName({ name }: JsonObject, path: string): string {
  const shown = typeof name === "string" && name.length <= MAX_NAME_LENGTH ? plainText(name) : "";
  return shown || plainText(basename(path) || path);
}

function notFound(reason: string): TailcastError {
  return new TailcastError("PROJECT_NOT_FOUND", `Cannot open the project: ${reason}`);
}
