import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { installNames } from "../package-manager/install-traits.ts";
import { InputReader } from "./input-files.ts";
import { findMembers } from "./members.ts";
import { TreeReader } from "./tree-marks.ts";
import type { TreeMarks } from "./tree-marks.ts";

/** The places that are read before and after an install. Plain data. */
export interface SurveyRequest {
  /** The directory of the install: absolute. */
  readonly path: string;
  /** The workspace list of that directory; empty outside of a monorepo. */
  readonly globs: readonly string[];
  /** Settings of the user and of the machine: absolute paths. */
  readonly settings: readonly string[];
}

/** The state of a directory before or after an install. Plain data. */
export interface InstallSurvey {
  /** A digest for each file that the install depends on. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The reasons why the next install must run even if nothing changed, as sentences. */
  readonly doubts: readonly string[];
  readonly tree: TreeMarks;
  /** Whether the file system counts whole seconds. */
  readonly isCoarse: boolean;
}

/** The place of a package in an archive or a folder, in the files of Plug'n'Play. */
const PACKAGE_LOCATION = /"packageLocation":\s*"([^"]+)"/g;

/** Everything from the end of an archive's name on. */
const INSIDE_ARCHIVE = /(?<=\.zip)\/[^]*$/;

/**
 * Reads what an install depends on, and what it has installed. It blocks for up to a second, longer on a slow disk: see
 * `surveyInThread`.
 *
 * @throws The file system's error when a part cannot be read, or changes meanwhile.
 */
export function surveyInstall({ path, globs, settings }: SurveyRequest): InstallSurvey {
  const members = findMembers(path, globs);
  const packages = ["", ...members.paths];
  const inputs = new InputReader(path);
  inputs.addRoot();
  for (const each of packages) inputs.addPackage(each);
  for (const each of [...settings, ...inheritedFiles(path)]) inputs.addOutside(each);
  const tree = new TreeReader(path);
  for (const each of packages) tree.add(each === "" ? "node_modules" : `${each}/node_modules`);
  for (const each of [...installNames("generated"), ...installNames("state")]) tree.add(each);
  for (const each of archives(path)) tree.addOutside(each, resolve(path, each));
  const { digests, doubts } = inputs.finish();
  const { marks, problem, isCoarse } = tree.finish();
  const problems = [members.problem, problem].filter((each) => each !== undefined);
  return { inputs: digests, doubts: [...problems, ...doubts], tree: marks, isCoarse };
}

function inheritedFiles(path: string): string[] {
  const names = ["package.json", ...installNames("inherited")];
  const files: string[] = [];
  for (let folder = path; folder !== dirname(folder);) {
    folder = dirname(folder);
    files.push(...names.map((name) => join(folder, name)));
  }
  return files;
}

/** The archives that Plug'n'Play reads packages from. They can be in a cache that other projects share. */
function archives(path: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const name of [".pnp.cjs", ".pnp.data.json"]) {
    const text = readIfThere(join(path, name));
    for (const [, location = ""] of text.matchAll(PACKAGE_LOCATION)) {
      if (INSIDE_ARCHIVE.test(location)) found.add(location.replace(INSIDE_ARCHIVE, ""));
    }
  }
  return found;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
