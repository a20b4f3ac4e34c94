import { managers } from "./managers.ts";

/**
 * The names that installs of a package manager read and write, for the comparison of installs. If a name is missing, a
 * necessary install can be skipped. Package managers read files of each other, so the names of all rows count for every
 * project.
 */
export interface InstallTraits {
  /** Settings beside each `package.json`. */
  readonly settings?: readonly string[];
  /** Files that it also looks for in every directory above the project. */
  readonly inherited?: readonly string[];
  /** Settings of the user, relative to the home directory. */
  readonly homeSettings?: readonly string[];
  /** Settings of the user, relative to `XDG_CONFIG_HOME`. */
  readonly configSettings?: readonly string[];
  /** Settings of the machine: absolute paths. */
  readonly machineSettings?: readonly string[];
  /** Manifests that replace `package.json`. Nothing here can read what they depend on. */
  readonly manifests?: readonly string[];
  /** Fields of `package.json` of its own that hold the places of dependencies. */
  readonly dependencyFields?: readonly string[];
  /** Scripts of its own that an install runs. */
  readonly scripts?: readonly string[];
  /** Folders with files that change installed packages, or the package manager. */
  readonly patchFolders?: readonly string[];
  /** Its other hidden entries in `node_modules`. */
  readonly moduleEntries?: readonly string[];
  /** Folders in `node_modules` that hold packages, as a scope does. */
  readonly packageFolders?: readonly string[];
  /** Files that it generates outside of `node_modules`, and that belong to the project. */
  readonly generated?: readonly string[];
  /**
   * Settings that move installed files or the lock file to a place that is not compared, or that copy members of the
   * workspace: regular expressions for a part of a file, without regard to case.
   */
  readonly placeSettings?: readonly string[];
  /** The variables that do the same: regular expressions for a whole name, without regard to case. */
  readonly placeVariables?: readonly string[];
  /** Its data outside of `node_modules`: unpacked packages, and its list of them. A clean install removes it. */
  readonly state?: readonly string[];
}

/** Returns the names of all package managers for one trait, each once. */
export function installNames(trait: keyof InstallTraits): ReadonlySet<string> {
  return new Set(managers.flatMap(({ traits }) => traits[trait] ?? []));
}
