/** The package managers that a plan can come from: `yarn` is Yarn 1, `yarn berry` Yarn 2 and later. */
export type PackageManagerName = "npm" | "pnpm" | "yarn" | "yarn berry";

/** How a package manager is called. What runs always comes from here, never from the text of a project's files. */
export interface ManagerCommands {
  /** The program's name on `PATH`. */
  readonly program: "npm" | "pnpm" | "yarn";
  /** The files that pin the versions it installs. */
  readonly lockFiles: readonly string[];
  /** Installs exactly what the lock file says; fails when it does not fit `package.json`. */
  readonly frozenInstall: readonly string[];
  /** Installs without a lock file. With `CI` set, pnpm and yarn berry refuse that unless they are told. */
  readonly install: readonly string[];
  readonly installEnv?: Readonly<Record<string, string>> | undefined;
}

/** In the order in which lock files are looked for when there are several. */
export const managerCommands: Readonly<Record<PackageManagerName, ManagerCommands>> = {
  pnpm: {
    program: "pnpm",
    lockFiles: ["pnpm-lock.yaml"],
    frozenInstall: ["install", "--frozen-lockfile"],
    install: ["install", "--no-frozen-lockfile"],
  },
  yarn: {
    program: "yarn",
    lockFiles: ["yarn.lock"],
    frozenInstall: ["install", "--frozen-lockfile"],
    install: ["install"],
  },
  "yarn berry": {
    program: "yarn",
    lockFiles: ["yarn.lock"],
    frozenInstall: ["install", "--immutable"],
    install: ["install"],
    installEnv: { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" },
  },
  npm: {
    program: "npm",
    lockFiles: ["package-lock.json", "npm-shrinkwrap.json"],
    frozenInstall: ["ci"],
    install: ["install"],
  },
};
