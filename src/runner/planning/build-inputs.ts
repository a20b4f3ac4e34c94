/**
 * How the dependencies of a project are installed before it is built:
 * - `auto`: exactly as its lock file says, if the package manager's lock file exists. The install is skipped when
 *   nothing that it depends on changed since the last one, and the installed files are untouched;
 * - `clean`: as its lock file says, after `node_modules` was removed;
 * - `update`: the package manager may change the lock file, e.g. after `package.json` was changed;
 * - `skip`: not at all; `node_modules` stays as it is.
 */
export type InstallMode = (typeof installModes)[number];

/** Each possible {@link InstallMode}. */
export const installModes = ["auto", "clean", "update", "skip"] as const;

/** The choices in a request for a build. The build's record keeps them, so that the same can be built again. */
export interface BuildInputs {
  /** The script of `package.json` that builds the project. */
  readonly script: string;
  readonly install: InstallMode;
}

/** The inputs of a request that chooses nothing. */
export const DEFAULT_INPUTS: BuildInputs = { script: "build", install: "auto" };
