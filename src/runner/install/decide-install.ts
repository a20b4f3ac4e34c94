import type { InstallEntry, InstallStamp } from "./install-ledger.ts";
import type { TreeMarks } from "./tree-marks.ts";

/** The state before an install: everything that it depends on, and what is installed. */
export interface InstallState {
  /** A digest for each thing that the install depends on, by the name that people see. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The reasons why the install must run even if nothing changed, as sentences. */
  readonly doubts: readonly string[];
  readonly tree: TreeMarks;
}

/** The install that is necessary, and why, as the second half of a sentence. */
export type InstallDecision =
  /** Nothing is installed. */
  | { readonly type: "skip" }
  /** The package manager installs. `because` is `undefined` when no earlier install is known. */
  | { readonly type: "install"; readonly because: string | undefined }
  /** `node_modules` is removed, then the package manager installs. */
  | { readonly type: "clean"; readonly because: string };

/** The maximum number of names in a reason. */
const MAX_SHOWN = 3;

const UNKNOWN_RESULT = "the result of the last install here is unknown";

/** The end of the path of a member's `node_modules`. */
const MEMBER_MODULES = "/node_modules";

/**
 * Decides whether an install can be skipped. A wrong skip builds something else than the lock file says, so everything
 * that is unknown leads to an install. Pure.
 *
 * @param entry - The last install in the directory, if one is known.
 * @param state - The current state; `undefined` when it could not be read.
 */
export function decideInstall(entry: InstallEntry | undefined, state: InstallState | undefined): InstallDecision {
  if (entry === undefined) return { type: "install", because: undefined };
  if (entry.unfinished !== null) {
    return { type: "clean", because: `the last install here ${entry.unfinished}, and may have left broken packages` };
  }
  const { stamp } = entry;
  if (stamp === null || state === undefined) {
    return { type: "install", because: UNKNOWN_RESULT };
  }
  const packages = differences(stamp.tree.packages, state.tree.packages);
  // First of all: package managers trust their own notes about node_modules, and do not replace what is missing.
  if (hasOtherNames(stamp, state)) {
    return { type: "clean", because: `files were added to ${list(packages)}, or removed, since the last install` };
  }
  if (stamp.inputs === null) return { type: "install", because: UNKNOWN_RESULT };
  const inputs = differences(stamp.inputs, state.inputs);
  if (inputs.length > 0) return { type: "install", because: `${list(inputs)} changed since the last install` };
  if (packages.length > 0) return { type: "install", because: `${list(packages)} changed since the last install` };
  const [generated] = stamp.tree.generated;
  const doubt =
    generated === undefined ? state.doubts[0] : `${generated} may be generated from other files of the project`;
  return doubt === undefined ? { type: "skip" } : { type: "install", because: doubt };
}

/** Whether files were added to a folder with installed files, or removed. */
function hasOtherNames({ inputs, tree }: InstallStamp, state: InstallState): boolean {
  return differences(tree.names, state.tree.names).some((folder) => {
    if (!folder.endsWith(MEMBER_MODULES)) return true;
    // The folder of a member that is gone, or was not there, is not searched. Another branch can have other members.
    const manifest = `${folder.slice(0, -MEMBER_MODULES.length)}/package.json`;
    return [inputs ?? {}, state.inputs].every((known) => valueOf(known, manifest) !== undefined);
  });
}

/** The names of the values that two objects do not share, in alphabetical order. */
function differences(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => valueOf(one, name) !== valueOf(other, name)).sort();
}

/** Names come from a project: `__proto__` is one, too. */
function valueOf(values: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MAX_SHOWN).join(", ");
  const left = names.length - MAX_SHOWN;
  return left <= 0 ? shown || "node_modules" : `${shown} and ${left} more`;
}
