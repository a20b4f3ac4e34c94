import { resolve } from "node:path";
import { EvidenceFiles } from "./evidence-files.ts";
import type { DetectedPackageManager } from "./detect.ts";
import type { Project } from "../project/project.ts";

/** How much of a lock file is read, in bytes. The format is in one of the first lines. */
const START_BYTES = 1024;

/**
 * Warns when this version of a package manager will probably not read the project's lock file. pnpm rejects the formats
 * of other major versions, with a message that does not name the version that would accept the file.
 */
export async function lockFormatProblem(
  project: Project,
  { manager, lockFile }: DetectedPackageManager,
  version: string | undefined,
): Promise<string | undefined> {
  const { program, lockFormat } = manager;
  if (lockFormat === undefined || lockFile === null || version === undefined) return undefined;
  const start = await new EvidenceFiles(project).start(resolve(project.path, lockFile), START_BYTES);
  const format = lockFormat.pattern.exec(start)?.[1] ?? "";
  const writer = lockFormat.writers[format];
  const major = Number.parseInt(version);
  if (writer === undefined) return undefined;
  if (major === writer || (writer >= lockFormat.stableSince && major > writer)) return undefined;
  const advice = "name the version as packageManager in package.json, or renew the lock file";
  return `${lockFile} was written by ${program} ${writer}, and ${program} ${version} may refuse it; ${advice}`;
}
