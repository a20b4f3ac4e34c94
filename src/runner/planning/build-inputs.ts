/**
 * What to do about a project's dependencies before it is built:
 * - `auto`: install them, frozen when the package manager's lock file is there;
 * - `clean`: the same from scratch, without what earlier installs have left in `node_modules`;
 * - `skip`: nothing; they are as they are.
 */
export type InstallMode = (typeof installModes)[number];

/** All that an {@link InstallMode} can be. */
export const installModes = ["auto", "clean", "skip"] as const;

/** What somebody chose when they asked for the build of a project. It is kept, so that the same can be built again. */
export interface BuildInputs {
  /** The script of `package.json` that builds the project. */
  readonly script: string;
  readonly install: InstallMode;
}

/** What is built when nobody chose anything else. */
export const DEFAULT_INPUTS: BuildInputs = { script: "build", install: "auto" };
