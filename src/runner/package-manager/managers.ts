/** The package managers that a plan can come from: `yarn` is Yarn 1, `yarn berry` Yarn 2 and later. */
export type PackageManagerName = "npm" | "pnpm" | "yarn" | "yarn berry" | "bun";

/** How a package manager is called. Commands come from this table only, never from the text of a project's files. */
export interface ManagerCommands {
  /** The program's name on `PATH`. */
  readonly program: "npm" | "pnpm" | "yarn" | "bun";
  /** The files that pin the versions it installs. */
  readonly lockFiles: readonly string[];
  /** Installs exactly what the lock file says; fails when it does not fit `package.json`. */
  readonly frozenInstall: readonly string[];
  /** Installs without a lock file. With `CI` set, pnpm and yarn berry refuse that unless they are told. */
  readonly install: readonly string[];
  readonly installEnv?: Readonly<Record<string, string>> | undefined;
  /** Whether its frozen install removes `node_modules` before it begins. */
  readonly startsClean: boolean;
  /** Whether it is expected to run in the version that `packageManager` names. */
  readonly switchesVersion: boolean;
  /** A file that names the manager where there is no lock file. */
  readonly settingsFile?: string | undefined;
  /** Whether corepack can run it. */
  readonly hasCorepack: boolean;
  /**
   * When the installed version is the one that runs. A program may hand over to another version, which the project
   * contains (`never`) or names (`unlessNamed`). Then the program itself must print the version.
   */
  readonly runsInstalled: "always" | "unlessNamed" | "never";
}

/** In the order in which lock files are looked for when there are several. */
export const managerCommands: Readonly<Record<PackageManagerName, ManagerCommands>> = {
  pnpm: {
    program: "pnpm",
    lockFiles: ["pnpm-lock.yaml"],
    frozenInstall: ["install", "--frozen-lockfile"],
    install: ["install", "--no-frozen-lockfile"],
    startsClean: false,
    switchesVersion: true,
    settingsFile: "pnpm-workspace.yaml",
    hasCorepack: true,
    runsInstalled: "unlessNamed",
  },
  bun: {
    program: "bun",
    lockFiles: ["bun.lock", "bun.lockb"],
    frozenInstall: ["install", "--frozen-lockfile"],
    install: ["install"],
    startsClean: false,
    switchesVersion: false,
    hasCorepack: false,
    runsInstalled: "never",
  },
  yarn: {
    program: "yarn",
    lockFiles: ["yarn.lock"],
    frozenInstall: ["install", "--frozen-lockfile"],
    install: ["install"],
    startsClean: false,
    switchesVersion: true,
    hasCorepack: true,
    runsInstalled: "never",
  },
  "yarn berry": {
    program: "yarn",
    lockFiles: ["yarn.lock"],
    frozenInstall: ["install", "--immutable"],
    install: ["install"],
    installEnv: { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" },
    startsClean: false,
    switchesVersion: true,
    settingsFile: ".yarnrc.yml",
    hasCorepack: true,
    runsInstalled: "never",
  },
  npm: {
    program: "npm",
    lockFiles: ["package-lock.json", "npm-shrinkwrap.json"],
    frozenInstall: ["ci"],
    install: ["install"],
    startsClean: true,
    switchesVersion: false,
    hasCorepack: true,
    runsInstalled: "always",
  },
};
