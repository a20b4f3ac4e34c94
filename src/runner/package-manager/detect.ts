import { dirname, join, relative } from "node:path";
import { isObject } from "../../check-options.ts";
import { shortenName } from "../format.ts";
import { EvidenceFiles } from "./evidence-files.ts";
import { DEFAULT_PROGRAM, managerPrograms, managers, managersOf, unsupportedManagers } from "./managers.ts";
import { isFile } from "../program/is-file.ts";
import { findOuterWorkspace, findWorkspace, isWorkspaceRoot } from "../project/workspace.ts";
import type { PackageManager } from "./managers.ts";
import type { JsonObject } from "../project/manifest.ts";
import type { Project } from "../project/project.ts";
import type { Workspace } from "../project/workspace.ts";

/** The package manager of a project, and where it installs. */
export interface DetectedPackageManager {
  readonly manager: PackageManager;
  /** The directory of the install, which holds the lock file: for a member of a monorepo, the root of the monorepo. */
  readonly installPath: string;
  /** The project, then the root of its monorepo. The files in them decide. */
  readonly places: readonly Workspace[];
  /** The manager's lock file, relative to the project. `null`: no lock file, so the install cannot be frozen. */
  readonly lockFile: string | null;
  /** Whether the manager must ignore a workspace above the install, which is for others or above the allowed root. */
  readonly isApart: boolean;
  /** The directory of such a workspace, if the manager cannot ignore it. */
  readonly outerPath: string | undefined;
  /** The directory whose `package.json` names the manager, so that corepack knows its version; or `undefined`. */
  readonly namedIn: string | undefined;
  /** The version in `packageManager`, if it is exact. */
  readonly namedVersion: string | undefined;
  /** The evidence that decided, as the end of a sentence: `package-lock.json is there`. */
  readonly because: string;
  /** One sentence for each piece of evidence that could not be used. */
  readonly warnings: readonly string[];
}

/** A directory whose files count as evidence. */
type Place = Workspace;

interface Evidence {
  readonly program: string;
  /** As written in `package.json`: a version, a range, a URL. */
  readonly version?: string | undefined;
  readonly namedVersion?: string | undefined;
  /** The directory of the `package.json` that names it. */
  readonly namedIn?: string;
  readonly because: string;
}

interface NamedManager {
  readonly field: string;
  readonly name: string;
  readonly version?: string | undefined;
  /** Whether another manager may be used instead. */
  readonly isOptional?: boolean;
}

interface Lock {
  readonly place: Place;
  readonly file: string;
}

/** Makes the path of a file in a place relative to the project. */
type ShowFile = (file: string) => string;

const MAX_WARNINGS = 10;

/** A longer text is not a version. The version appears in the log and in arguments. */
const MAX_VERSION_LENGTH = 64;

/** How much of a lock file is searched for the mark of a variant, in bytes. */
const LOCK_START_BYTES = 1024;

/** An exact version, with or without a hash of the program. */
const EXACT_VERSION = /^(\d+\.\d+\.\d+(?:-[\w.-]+)?)(?:\+.*)?$/;

/**
 * Detects the package manager of a project. In the project itself, then in the root of the workspace that claims it,
 * the first of these decides: `packageManager` in `package.json`, `devEngines.packageManager`, a lock file (the first
 * in the order of {@link managers}), a settings file. Otherwise it is npm.
 */
export async function detectPackageManager(project: Project): Promise<DetectedPackageManager> {
  const files = new EvidenceFiles(project);
  const { workspace, warnings: problems } = await findWorkspace(project, async (place) => {
    const evidence = await firstEvidence(files, project, [project, place], []);
    return chooseVariant(files, evidence, [project.path, place.path]);
  });
  const places: readonly Place[] = workspace === undefined ? [project] : [project, workspace];
  const warnings = [...problems];
  const evidence = await firstEvidence(files, project, places, warnings);
  const lock = await findLock(files, places, evidence.program);
  const installPath = lock?.place.path ?? workspace?.path ?? project.path;
  const lockFile = lock === undefined ? null : relative(project.path, join(lock.place.path, lock.file));
  const manager = await chooseVariant(files, evidence, [project.path, installPath]);
  const { namedIn, namedVersion, because } = evidence;
  const outerPath = await findOuter(project, installPath, manager, lock !== undefined, workspace);
  const canIgnore = manager.apart !== undefined;
  const isApart =
    (canIgnore && outerPath !== undefined) || (await isBelowOther(installPath, manager, workspace));
  const shown = shorten([...warnings, ...files.warnings]);
  return {
    manager,
    installPath,
    places,
    lockFile,
    isApart,
    outerPath: canIgnore ? undefined : outerPath,
    namedIn,
    namedVersion,
    because,
    warnings: shown,
  };
}

/** The directory above the allowed root in which the manager would install instead. */
async function findOuter(
  project: Project,
  installPath: string,
  manager: PackageManager,
  hasLock: boolean,
  workspace: Workspace | undefined,
): Promise<string | undefined> {
  const { workspaceFile, ownRoot } = manager;
  if (workspaceFile !== undefined || (ownRoot === "lock file" && hasLock)) return undefined;
  const { manifest } = workspace?.path === installPath ? workspace : project;
  if (ownRoot === "workspace list" && isWorkspaceRoot(manifest)) return undefined;
  return findOuterWorkspace(installPath, project.root, manager);
}

/**
 * Whether the nearest workspace file at or above an install belongs to a workspace that does not claim the project. A
 * manager also finds files above the allowed root, so their existence counts, but nothing else of them.
 */
async function isBelowOther(
  installPath: string,
  { workspaceFile }: PackageManager,
  workspace: Workspace | undefined,
): Promise<boolean> {
  if (workspaceFile === undefined) return false;
  for (let path = installPath; ; path = dirname(path)) {
    if (await isFile(join(path, workspaceFile))) return path !== installPath && path !== workspace?.path;
    if (path === dirname(path)) return false;
  }
}

/** Limits the number of warnings: a file can cause thousands. */
function shorten(warnings: readonly string[]): readonly string[] {
  const left = warnings.length - MAX_WARNINGS;
  return left <= 0 ? warnings : [...warnings.slice(0, MAX_WARNINGS), `there are ${left} more warnings like these`];
}

async function firstEvidence(
  files: EvidenceFiles,
  project: Project,
  places: readonly Place[],
  warnings: string[],
): Promise<Evidence> {
  for (const place of places) {
    const show: ShowFile = (file) => relative(project.path, join(place.path, file));
    const evidence = fieldEvidence(place, show, warnings) ?? (await fileEvidence(files, place, show, warnings));
    if (evidence !== undefined) return evidence;
  }
  return { program: DEFAULT_PROGRAM, because: "nothing names another package manager" };
}

function fieldEvidence({ path, manifest }: Place, show: ShowFile, warnings: string[]): Evidence | undefined {
  for (const { field, name, version, isOptional } of namedManagers(manifest)) {
    const source = `${field} in ${show("package.json")}`;
    if (managerPrograms().includes(name)) {
      const namedVersion = field === "packageManager" ? exactVersion(version ?? "") : undefined;
      return { program: name, version, namedVersion, namedIn: path, because: `${source} names it` };
    }
    if (isOptional === true) continue;
    const problem = Object.hasOwn(unsupportedManagers, name) ? "which is not supported yet" : "which is unknown";
    const shown = JSON.stringify(shortenName(name));
    warnings.push(`${source} names ${shown}, ${problem}; looking for other evidence`);
  }
  return undefined;
}

function exactVersion(text: string): string | undefined {
  const version = EXACT_VERSION.exec(text)?.[1];
  return version !== undefined && version.length <= MAX_VERSION_LENGTH ? version : undefined;
}

/** The managers that a `package.json` names, the most important first. A wrong type counts as an unknown name. */
function* namedManagers({ packageManager, devEngines }: JsonObject): Iterable<NamedManager> {
  if (packageManager !== undefined) {
    // Another type is not shown: it can be nested too deeply for the stack.
    const text = typeof packageManager === "string" ? packageManager : `(${typeof packageManager})`;
    const [name = ""] = text.split("@", 1);
    yield { field: "packageManager", name, version: text.slice(name.length + 1) };
  }
  const engines = isObject(devEngines) ? devEngines["packageManager"] : undefined;
  const list: readonly unknown[] = Array.isArray(engines) ? engines : [engines];
  for (const [index, engine] of list.entries()) {
    if (!isObject(engine) || typeof engine["name"] !== "string") continue;
    const version = typeof engine["version"] === "string" ? engine["version"] : undefined;
    // In a list only the last one is required, unless "onFail" says otherwise
    // (openjs-foundation/package-metadata-interoperability).
    const isOptional = (engine["onFail"] ?? (index < list.length - 1 ? "ignore" : "error")) === "ignore";
    yield { field: "devEngines", name: engine["name"], version, isOptional };
  }
}

async function fileEvidence(
  files: EvidenceFiles,
  place: Place,
  show: ShowFile,
  warnings: string[],
): Promise<Evidence | undefined> {
  const found: { readonly file: string; readonly program: string }[] = [];
  for (const program of managerPrograms()) {
    const lock = await findLock(files, [place], program);
    if (lock !== undefined) found.push({ file: show(lock.file), program });
  }
  if (found.length > 1) {
    const names = found.map(({ file }) => file).join(", ");
    const advice = "keep one, or name the manager as packageManager in package.json";
    warnings.push(`there are several lock files: ${names}; ${advice}`);
  }
  for (const { program, settingsFile } of managers) {
    if (settingsFile === undefined || !(await files.has(join(place.path, settingsFile)))) continue;
    found.push({ file: show(settingsFile), program });
  }
  const [first] = found;
  if (first !== undefined) return { program: first.program, because: `${first.file} is there` };
  for (const file of Object.values(unsupportedManagers).flat()) {
    if (!(await files.has(join(place.path, file)))) continue;
    warnings.push(`${show(file)} is there, but its package manager is not supported yet`);
  }
  return undefined;
}

async function findLock(files: EvidenceFiles, places: readonly Place[], program: string): Promise<Lock | undefined> {
  for (const place of places) {
    for (const file of new Set(managersOf(program).flatMap(({ lockFiles }) => lockFiles))) {
      if (await files.has(join(place.path, file))) return { place, file };
    }
  }
  return undefined;
}

/** Chooses between the rows of a program: the last variant that has a sign, otherwise the first row. */
async function chooseVariant(
  files: EvidenceFiles,
  { program, version }: Evidence,
  places: readonly string[],
): Promise<PackageManager> {
  const [first, ...variants] = managersOf(program);
  if (first === undefined) throw new RangeError(`No package manager has the program ${program}`);
  let chosen = first;
  for (const manager of variants) if (await isVariant(files, manager, version, places)) chosen = manager;
  return chosen;
}

/** A version that begins with a number decides. Without one, e.g. for a tag or a URL, the files do. */
async function isVariant(
  files: EvidenceFiles,
  { variant, settingsFile, lockFiles }: PackageManager,
  version: string | undefined,
  places: readonly string[],
): Promise<boolean> {
  if (variant === undefined) return false;
  const major = /^[\s^~<>=v]*(\d+)/.exec(version ?? "")?.[1];
  if (major !== undefined) return Number(major) >= variant.sinceMajor;
  for (const place of places) {
    if (settingsFile !== undefined && (await files.has(join(place, settingsFile)))) return true;
    for (const file of lockFiles) {
      const start = await files.start(join(place, file), LOCK_START_BYTES);
      if (start.includes(variant.lockMark)) return true;
    }
  }
  return false;
}
