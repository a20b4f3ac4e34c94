import { dirname, join, relative, sep } from "node:path";
import { isJsonObject, readManifest } from "./manifest.ts";
import { readStart } from "./read-file-start.ts";
import { matchesGlob } from "./glob.ts";
import type { JsonObject } from "./manifest.ts";
import type { Project } from "./project.ts";

/**
 * The root of a monorepo of which the project is a member: there lies the lock file, and there everything is installed.
 */
export interface Workspace {
  readonly path: string;
  /** Its `package.json`; empty when it has none, which pnpm allows. */
  readonly manifest: JsonObject;
}

const MAX_BYTES = 1024 * 1024;

/** An item of a YAML sequence `[a, 'b', "c"]`: in single quotes, in double quotes, or plain. */
const FLOW_ITEM = /'([^'\n]*)'|"([^"\n]*)"|([^\s,[\]'"][^\s,[\]]*)/g;

/** An item on a line of its own, behind a dash. Without quotes it reaches to the end of the line, commas included. */
const BLOCK_ITEM = /^[ \t]*-[ \t]+(?:'([^'\n]*)'|"([^"\n]*)"|(\S.*))/gm;

/**
 * Walks up from the project to the nearest directory whose workspace list claims it: `workspaces` in `package.json`
 * (npm, yarn) or `packages` in `pnpm-workspace.yaml`. It never looks above the project's allowed root: what lies there,
 * like a stray lock file in a home directory, is a stranger's.
 */
export async function findWorkspace(project: Project): Promise<Workspace | undefined> {
  for (let path = project.path; path !== project.root;) {
    path = dirname(path);
    // What a parent directory holds is not what was asked for: when it cannot be read, it simply claims nothing.
    const manifest = await readManifest(path).catch(() => ({}));
    const globs = [...manifestGlobs(manifest), ...parsePackages(await readText(join(path, "pnpm-workspace.yaml")))];
    if (claims(globs, relative(path, project.path).replaceAll(sep, "/"))) return { path, manifest };
  }
  return undefined;
}

/** A leading `!` takes members out again, wherever in the list it stands. */
function claims(globs: readonly string[], path: string): boolean {
  const isExcluded = globs.some((glob) => glob.startsWith("!") && matchesGlob(path, glob.slice(1)));
  return !isExcluded && globs.some((glob) => !glob.startsWith("!") && matchesGlob(path, glob));
}

function manifestGlobs({ workspaces }: JsonObject): string[] {
  const list = isJsonObject(workspaces) ? workspaces["packages"] : workspaces;
  return Array.isArray(list) ? list.filter((glob) => typeof glob === "string") : [];
}

/**
 * Reads the `packages` list out of a `pnpm-workspace.yaml`. It knows as much YAML as such lists use: a sequence in
 * block or flow style, plain or quoted, with comments.
 */
function parsePackages(yaml: string): string[] {
  const lines = yaml.split("\n").map((line) => line.replace(/(?:^|\s)#.*$/, ""));
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

async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readStart(path, MAX_BYTES).catch(() => undefined));
}
