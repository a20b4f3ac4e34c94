import type { InstallEntry } from "./install-ledger.ts";
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
    return { type: "install", because: "the result of the last install here is unknown" };
  }
  const inputs = differences(stamp.inputs, state.inputs);
  if (inputs.length > 0) return { type: "install", because: `${list(inputs)} changed since the last install` };
  const packages = differences(stamp.tree.packages, state.tree.packages);
  // Package managers trust their own notes about node_modules, and do not replace what is missing.
  if (stamp.tree.names !== state.tree.names) {
    return { type: "clean", because: `files were added to ${list(packages)}, or removed, since the last install` };
  }
  if (packages.length > 0) return { type: "install", because: `${list(packages)} changed since the last install` };
  const [doubt] = state.doubts;
  return doubt === undefined ? { type: "skip" } : { type: "install", because: doubt };
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
