import { lstat } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { plainText } from "../../terminal/plain-text.ts";
import { shortenName } from "../format.ts";
import { rethrowOutOfFiles } from "../project/out-of-files.ts";
import { readStart } from "../project/read-file-start.ts";
import { isInside, resolveInside } from "../project/resolve-inside.ts";
import { readEngines, readVoltaVersion } from "./manifest-versions.ts";
import { versionFiles } from "./version-files.ts";
import { parseWanted } from "./wanted-version.ts";
import type { ProjectFolder } from "../project/project.ts";
import type { Workspace } from "../project/workspace.ts";
import type { WantedVersion } from "./wanted-version.ts";

/** The version of Node.js that one file names. */
export interface NamedNode {
  /** The file, relative to the project, and the field in it: `engines.node in package.json`. */
  readonly source: string;
  /** The version as it is written, for people. */
  readonly text: string;
  readonly wanted: WantedVersion;
}

/** The result of {@link findWanted}. */
export interface WantedSearch {
  /** The first one decides. */
  readonly named: readonly NamedNode[];
  /** One sentence for each file that does not count. */
  readonly warnings: readonly string[];
}

/** The largest file that is read, in bytes. Only a `mise.toml`, which can hold scripts, has more than some lines. */
const MAX_BYTES = 64 * 1024;

/**
 * Finds the versions of Node.js that a project wants. The first of these decides: a file or a field that pins the
 * version for a version manager, in the project and then in the folders above it; a field that says which versions will
 * do, in the project and then in the root of its monorepo. A version manager does not read the second kind.
 *
 * The search for files ends at the root of the monorepo, or at the top of the git repository, whichever is higher. No
 * file outside of the allowed root is read.
 *
 * @param places - The project, then the root of its monorepo.
 */
export async function findWanted(project: ProjectFolder, places: readonly Workspace[]): Promise<WantedSearch> {
  const named: NamedNode[] = [];
  const warnings: string[] = [];
  const add = (source: string, text: string): void => {
    const wanted = parseWanted(text);
    const shown = shortenName(plainText(text.trim().replace(/\s+/g, " ")));
    if (wanted !== undefined) named.push({ source, text: shown, wanted });
    else warnings.push(`${source} does not count: "${shown}" is not a known version of Node.js`);
  };
  for (const folder of await foldersOf(project, places)) {
    const show = (name: string): string => relative(project.path, join(folder, name));
    for (const { name, read } of versionFiles) {
      const text = await readText(join(folder, name), project.root).catch((error: unknown) => {
        rethrowOutOfFiles(error);
        warnings.push(`${show(name)} does not count: ${(error as Error).message}`);
      });
      const version = text === undefined ? undefined : read(text);
      if (version !== undefined) add(show(name), version);
    }
    const place = places.find(({ path }) => path === folder);
    const volta = place && (await readVoltaVersion(place.manifest, folder, project.root).catch((error: unknown) => {
      rethrowOutOfFiles(error);
      warnings.push(`volta in ${show("package.json")} does not count: ${(error as Error).message}`);
    }));
    if (volta != null) add(`${volta.field} in ${show("package.json")}`, volta.text);
  }
  for (const { path, manifest } of places) {
    const file = relative(project.path, join(path, "package.json"));
    for (const { field, text } of readEngines(manifest)) add(`${field} in ${file}`, text);
  }
  return { named, warnings };
}

/** The project, and the folders above it up to the root of its monorepo, or up to the top of its repository. */
async function foldersOf({ path, root }: ProjectFolder, places: readonly Workspace[]): Promise<readonly string[]> {
  const folders: string[] = [];
  let end = 0;
  for (let folder = path; ; folder = dirname(folder)) {
    if (isInside(folder, root)) folders.push(folder);
    const isTop = await lstat(join(folder, ".git")).then(() => true, () => false);
    if (isTop || places.some((place) => place.path === folder)) end = folders.length;
    if (isTop || folder === dirname(folder)) return folders.slice(0, end);
  }
}

/** @returns `undefined` when the file does not exist. @throws A sentence when it does not count. */
async function readText(path: string, root: string): Promise<string | undefined> {
  try {
    const bytes = await readStart(await resolveInside(path, root), MAX_BYTES + 1);
    if (bytes === undefined) throw new Error("it must be a regular file");
    if (bytes.length > MAX_BYTES) throw new Error(`it must not be larger than ${MAX_BYTES} bytes`);
    // The decoder also drops a byte order mark.
    return new TextDecoder().decode(bytes);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    // The name of a folder in the path can be that of a file.
    if (["ENOENT", "ENOTDIR"].includes(code)) return undefined;
    throw error;
  }
}
