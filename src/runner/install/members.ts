import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { shortenName } from "../format.ts";
import { matchesGlob } from "../project/glob.ts";
import { WorkLimit } from "../project/work-limit.ts";

/** The members of a monorepo. */
export interface Members {
  /** Their directories, relative to the root, e.g. `packages/app`. The root itself is not among them. */
  readonly paths: readonly string[];
  /** Why members may be missing, as a sentence; `undefined` when none is. */
  readonly problem: string | undefined;
}

/** The maximum number of directories that are searched. */
const MAX_FOLDERS = 50_000;

/** See {@link WorkLimit}: about half a second. */
const MAX_WORK = 100 * 1024 * 1024;

/** Directories that never contain members. */
const SKIPPED: ReadonlySet<string> = new Set(["node_modules", ".git"]);

/**
 * Finds every directory with a `package.json` that a workspace list names. Lists of package managers differ in what
 * they exclude, so nothing is excluded: the result has all members, and perhaps others. It blocks, so call it in a
 * thread.
 *
 * @param root - The directory of the workspace list.
 * @param globs - The list.
 */
export function findMembers(root: string, globs: readonly string[]): Members {
  const wanted = globs.filter((glob) => !glob.startsWith("!"));
  if (wanted.length === 0) return { paths: [], problem: undefined };
  const paths: string[] = [];
  const work = new WorkLimit(MAX_WORK);
  const folders = [""];
  const outer = wanted.find((glob) => glob.split("/").includes(".."));
  let problem = outer === undefined ? undefined : `the workspace list names ${shortenName(outer)}`;
  let count = 0;
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    if (++count > MAX_FOLDERS || work.isReached) return { paths, problem: "it has too many folders" };
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const { name } = entry;
      const inner = path === "" ? name : `${path}/${name}`;
      const isLink = entry.isSymbolicLink();
      if ((!entry.isDirectory() && !isLink) || SKIPPED.has(name)) continue;
      if (!wanted.some((glob) => mayLead(inner, glob, work))) continue;
      const isMember = hasManifest(join(root, inner)) && wanted.some((glob) => matchesGlob(inner, glob, work));
      if (isMember) paths.push(inner);
      // Not followed: it can lead anywhere, also in a circle.
      if (isLink && isMember) problem ??= `${inner} is a symbolic link`;
      if (!isLink) folders.push(inner);
    }
  }
  return { paths: paths.sort(), problem };
}

/** Whether a directory, or one below it, can fit a glob. In doubt it can. */
function mayLead(path: string, glob: string, work: WorkLimit): boolean {
  const wanted = glob.split("/").filter((segment) => segment !== "" && segment !== ".");
  const depth = path.split("/").length;
  const start = wanted.slice(0, depth);
  if (glob.includes("{") || glob.includes("(") || start.some((segment) => segment.includes("**"))) return true;
  return depth <= wanted.length && matchesGlob(path, start.join("/"), work);
}

function hasManifest(path: string): boolean {
  return ["package.json", "package.yaml", "package.json5"].some((name) => {
    return statSync(join(path, name), { throwIfNoEntry: false }) !== undefined;
  });
}
