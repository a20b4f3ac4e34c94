import { installNames } from "../package-manager/install-traits.ts";
import { managers } from "../package-manager/managers.ts";
import { FolderScan } from "./scan-folder.ts";
import type { BuildResult, ResultFolder } from "./build-result.ts";
import type { ScannedFolder } from "./scan-folder.ts";

/** How many files and folders are examined after a build, and for how long, in milliseconds. */
const MAX_ENTRIES = 20_000;
const MAX_TIME = 3000;

/** The time of a file can lie this far before the time of the clock, in milliseconds: the kernel counts in ticks. */
const TICK = 10;

const MAX_FOLDERS = 20;

/** The files that an install writes into the project. */
const INSTALL_FILES = new Set([...managers.flatMap(({ lockFiles }) => lockFiles), ...installNames("generated")]);

/** The options of {@link readResult}. */
export interface ResultOptions {
  /** When the build started, in milliseconds since 1970. */
  readonly since: number;
  /** The result of the build before, whose folders are measured in any case. */
  readonly before: BuildResult | null;
  /** Aborting it ends the search. */
  readonly signal: AbortSignal;
  /** How many files and folders are examined. Default 20 000. */
  readonly maxEntries?: number | undefined;
  /** How long they are examined, in milliseconds. Default 3000. */
  readonly maxTime?: number | undefined;
}

/**
 * Finds the folders of a project that a build has changed. A folder counts as a whole if at least half of its files
 * have changed, or if it counted as a whole before: a build may write only the files that differ. Files of package
 * managers, installed packages and caches do not count.
 */
export async function readResult(projectPath: string, options: ResultOptions): Promise<BuildResult> {
  const { since, before, signal, maxEntries: entries = MAX_ENTRIES, maxTime = MAX_TIME } = options;
  const limits = { entries, deadline: performance.now() + maxTime, signal };
  const scan = new FolderScan(projectPath, since - TICK, limits, INSTALL_FILES);
  const known = new Map((before?.folders ?? []).map((folder) => [folder.path, folder]));
  const folders = select(await scan.scan(), known);
  folders.sort((a, b) => b.bytes - a.bytes);
  return { folders: folders.slice(0, MAX_FOLDERS), isComplete: scan.isComplete && folders.length <= MAX_FOLDERS };
}

/** @param before - The folders of the result before. */
function select(folder: ScannedFolder, before: ReadonlyMap<string, ResultFolder>): ResultFolder[] {
  const { path, own, all, children } = folder;
  const name = path === "" ? "." : path;
  const former = before.get(name);
  const isProject = path === "";
  const isNew = all.changedFiles > 0 && all.changedFiles * 2 >= all.files;
  const isWhole = !isProject && (former?.isWhole === true || isNew);
  // The size of all files and that of some cannot be compared.
  const bytesBefore = former?.isWhole === isWhole ? former.bytes : null;
  if (isWhole && all.files > 0) return [{ path: name, files: all.files, bytes: all.bytes, isWhole, bytesBefore }];
  const below = children.flatMap((child) => select(child, before));
  if (own.changedFiles === 0) return below;
  return [{ path: name, files: own.changedFiles, bytes: own.changedBytes, isWhole, bytesBefore }, ...below];
}
