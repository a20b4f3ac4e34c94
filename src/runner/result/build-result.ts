import type { BuildRecord } from "../record.ts";

/** A folder that a build has changed. */
export interface ResultFolder {
  /** Relative to the project, with slashes; `.` is the project's directory itself. */
  readonly path: string;
  /** The number of its files, or of those that have changed. */
  readonly files: number;
  /** The sum of their sizes. */
  readonly bytes: number;
  /** Whether all its files count; otherwise fewer than half of them have changed, and only those count. */
  readonly isWhole: boolean;
  /** The same after the last build of the project and the script that succeeded; `null` when that is unknown. */
  readonly bytesBefore: number | null;
}

/** The files that a build has written. Plain JSON. */
export interface BuildResult {
  /** The largest first, at most 20. */
  readonly folders: readonly ResultFolder[];
  /** Whether every file was seen: the search is limited in time and in the number of files. */
  readonly isComplete: boolean;
}

/** Describes a result in lines of the log: `dist: 8 files, 254 kB, +3 kB`. */
export function describeResultFolders({ folders, isComplete }: BuildResult): string[] {
  const lines = folders.map(({ path, files, bytes, bytesBefore }) => {
    const count = `${files} ${files === 1 ? "file" : "files"}`;
    const change = bytesBefore === null ? [] : [formatChange(bytes - bytesBefore)];
    return `${path}: ${[count, formatSize(bytes), ...change].join(", ")}`;
  });
  const isCut = !isComplete && lines.length > 0;
  return isCut ? [...lines, "the project has too many files: these numbers are not complete"] : lines;
}

/**
 * Returns the result of the last build with the same project and script that succeeded.
 *
 * @param records - The known builds, the newest first.
 */
export function resultBefore(
  { projectPath, script }: Pick<BuildRecord, "projectPath" | "script">,
  records: Iterable<BuildRecord>,
): BuildResult | null {
  for (const record of records) {
    const isSame = record.projectPath === projectPath && record.script === script;
    if (isSame && record.status === "succeeded") return record.result;
  }
  return null;
}

function formatChange(bytes: number): string {
  return bytes === 0 ? "same size" : `${bytes > 0 ? "+" : "-"}${formatSize(Math.abs(bytes))}`;
}

/** Formats a size in the units of bundlers: 1 kB is 1000 bytes. */
function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const isMega = bytes >= 999_950;
  const value = bytes / (isMega ? 1_000_000 : 1000);
  return `${value.toFixed(value < 100 ? 1 : 0).replace(/\.0$/, "")} ${isMega ? "MB" : "kB"}`;
}
