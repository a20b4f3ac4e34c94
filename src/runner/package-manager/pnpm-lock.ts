import { resolve } from "node:path";
import { readStart } from "../project/read-file-start.ts";
import type { DetectedPackageManager } from "./detect.ts";
import type { Project } from "../project/project.ts";

/** The major version of pnpm that writes each format of the lock file. All versions since 9 write the same format. */
const WRITERS: Readonly<Record<string, number>> = { "5.3": 6, "5.4": 7, "6.0": 8, "6.1": 8, "9.0": 9 };

/**
 * Warns when this version of pnpm will probably not read the project's lock file: it rejects the formats of other major
 * versions, with a message that does not name the version that would accept the file.
 */
export async function pnpmLockProblem(
  project: Project,
  { name, lockFile }: DetectedPackageManager,
  version: string | undefined,
): Promise<string | undefined> {
  if (name !== "pnpm" || lockFile === null || version === undefined) return undefined;
  const start = await readStart(resolve(project.path, lockFile), 1024).catch(() => undefined);
  const format = /^lockfileVersion:\s*['"]?(\d+\.\d+)/m.exec(new TextDecoder().decode(start))?.[1] ?? "";
  const writer = WRITERS[format];
  const major = Number.parseInt(version);
  if (writer === undefined || (writer === 9 ? major >= 9 : major === writer)) return undefined;
  const advice = "name the version as packageManager in package.json, or renew the lock file";
  return `${lockFile} was written by pnpm ${writer}, and pnpm ${version} may refuse it; ${advice}`;
}
