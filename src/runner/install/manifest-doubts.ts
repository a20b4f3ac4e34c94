import { isObject } from "../../check-options.ts";
import { shortenName } from "../format.ts";
import { installNames } from "../package-manager/install-traits.ts";
import type { JsonObject } from "../project/manifest.ts";

/** The scripts of a package that every install runs, for the package itself and for the members of its workspace. */
const LIFECYCLE = [
  "preinstall",
  "install",
  "postinstall",
  "prepublish",
  "preprepare",
  "prepare",
  "postprepare",
  "dependencies",
] as const;

/** Commands that set up git hooks, or check which package manager runs. A build does not use their result. */
const HARMLESS = new RegExp(
  "^(?:is-ci \\|\\| )?(?:npx )?" +
    "(?:husky(?: install)?(?: [\\w./-]+)?|lefthook install|simple-git-hooks|only-allow \\w+)" +
    "(?: \\|\\| (?:true|exit 0|:))?$",
);

/** Fields of all package managers that hold the places of dependencies, at any depth. */
const DEPENDENCIES = [
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "overrides",
  "resolutions",
  "catalog",
  "catalogs",
] as const;

/** A dependency that is copied from a folder, or made by a program: its content can change while its name stays. */
const COPIED = /^(?:file:|portal:|exec:|\.{1,2}\/|~\/|\/)/;

/** A file that is copied, and whose digest is known: see {@link filesIn}. */
export const COPIED_FILE: RegExp = /\.(?:tgz|tar|tar\.gz|patch|diff)$/;

/** Separates the paths in a manifest or in a settings file. */
const BETWEEN_PATHS = /["'\s#:=,{}[\]()]+/;

/** A place outside of the project, whose files have no digest. */
const OUTSIDE = /^(?:file:)?(?:\/|~)/;

/** The maximum depth of overrides. */
const MAX_DEPTH = 20;

/** Returns why an install that nothing seems to require must run nevertheless: a sentence for each reason. */
export function manifestDoubts(manifest: JsonObject, show: string): string[] {
  const doubts: string[] = [];
  const scripts = isObject(manifest["scripts"]) ? manifest["scripts"] : {};
  for (const name of [...installNames("scripts"), ...LIFECYCLE]) {
    const command = scripts[name];
    if (command === undefined || (typeof command === "string" && HARMLESS.test(command.trim()))) continue;
    doubts.push(`the script ${name} in ${show} may generate files`);
  }
  for (const field of [...DEPENDENCIES, ...installNames("dependencyFields")]) {
    const copied = findCopied(manifest[field], 0);
    if (copied !== undefined) doubts.push(`${show} has a dependency from ${JSON.stringify(shortenName(copied))}`);
  }
  const metadata = manifest["dependenciesMeta"];
  if (isObject(metadata) && Object.values(metadata).some((each) => isObject(each) && each["injected"] === true)) {
    doubts.push(`${show} has injected dependencies`);
  }
  return doubts;
}

/** The files that a manifest or a settings file names. */
export function filesIn(text: string, pattern: RegExp): string[] {
  const paths = text.split(BETWEEN_PATHS).filter((path) => pattern.test(path));
  return [...new Set(paths.map((path) => path.replace(/^(?:\.|~)\//, "")))].filter((path) => !path.startsWith("/"));
}

function findCopied(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") {
    const isKnown = COPIED_FILE.test(value) && !OUTSIDE.test(value);
    return COPIED.test(value) && !isKnown ? value : undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  // Deeper ones could hide anything.
  if (depth > MAX_DEPTH) return "a nested object";
  for (const inner of Object.values(value)) {
    const found = findCopied(inner, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}
