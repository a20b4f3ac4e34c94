import { line, npm, pnpm } from "../failure/failure-sign.ts";
import type { FailureSign } from "../failure/failure-sign.ts";
import type { ExclusionRule } from "../project/members.ts";
import type { InstallTraits } from "./install-traits.ts";

/**
 * Everything that is known about a package manager: one row of {@link managers}. Commands come from this table only,
 * never from the text of a project's files.
 */
export interface PackageManager {
  /** The name that clients see, e.g. `yarn berry`. */
  readonly name: string;
  /** The program on `PATH`, and the name in `package.json`. Rows with the same program are variants of it. */
  readonly program: string;
  /**
   * The signs that distinguish this variant from the row before it with the same program. Default: this is the only
   * row, or the first.
   */
  readonly variant?: ManagerVariant | undefined;
  /** The files that pin the versions of dependencies. */
  readonly lockFiles: readonly string[];
  /** The versions that read a lock file. Default: every version reads every lock file. */
  readonly lockFormat?: LockFormat | undefined;
  /** A file that names the manager in a project without a lock file. */
  readonly settingsFile?: string | undefined;
  /** A YAML file whose list `packages` claims the members of a monorepo, in addition to `package.json`. */
  readonly workspaceFile?: string | undefined;
  /** The arguments that make it ignore a workspace in a directory above. Default: it has none. */
  readonly apart?: readonly string[] | undefined;
  /** The file or field beside the install that also makes it ignore one. Default: nothing does. */
  readonly ownRoot?: "lock file" | "workspace list" | undefined;
  /** How it treats entries of the workspace list that begin with `!`. */
  readonly exclusions: ExclusionRule;
  /** Installs exactly what the lock file says; fails when that does not fit `package.json`. */
  readonly frozenInstall: readonly string[];
  /** The error with which it refuses a lock file that does not fit `package.json`. */
  readonly lockFileOutdated: FailureSign;
  /** Installs without a lock file. With `CI` set, pnpm and yarn berry refuse that by default. */
  readonly install: readonly string[];
  /** Variables for {@link install}. */
  readonly installEnv?: Readonly<Record<string, string>> | undefined;
  /** Whether the frozen install removes `node_modules` first. */
  readonly startsClean: boolean;
  /** The names that its installs read and write. */
  readonly traits: InstallTraits;
  /** The arguments in front of the name of a script. */
  readonly run: readonly string[];
  /**
   * The arguments in front of the name of a script that run it in all members of a monorepo that have it, from the
   * root. Default: it cannot, so each member has a step.
   */
  readonly runMembers?: readonly string[] | undefined;
  /** The first major version that has `runMembers` without a plugin. Default: every version. */
  readonly runMembersSince?: number | undefined;
  /** Whether it should run in the version that `packageManager` names. */
  readonly switchesVersion: boolean;
  /** The programs of it that corepack can run. Empty: corepack cannot run it. */
  readonly corepackPrograms: readonly string[];
  /**
   * Says when the installed version is the one that runs. A program may hand over to another version, which the project
   * contains (`never`) or names (`unlessNamed`). Then the program itself must print the version.
   */
  readonly runsInstalled: "always" | "unlessNamed" | "never";
  /** How to install it: the second half of a sentence that begins with `npm is not on PATH;`. */
  readonly advice: string;
  /** The script behind its batch file on Windows, relative to that file. Default: it is a program there. */
  readonly windowsScript?: string | undefined;
}

/** The signs of a variant. One sign is enough, except that a version in `package.json` overrides the lock file. */
export interface ManagerVariant {
  /** The first major version that is this variant. */
  readonly sinceMajor: number;
  /** A text near the start of its lock files. */
  readonly lockMark: string;
}

/** Which versions of a package manager read a lock file. */
export interface LockFormat {
  /** Finds the format near the start of a lock file, as the first group. */
  readonly pattern: RegExp;
  /** The major version that writes each format. Each major version reads its own format. */
  readonly writers: Readonly<Record<string, number>>;
  /** From this major version on, later versions read the format as well. */
  readonly stableSince: number;
}

/** The fields that both variants of Yarn share. */
const YARN = {
  program: "yarn",
  lockFiles: ["yarn.lock"],
  install: ["install"],
  startsClean: false,
  run: ["run"],
  switchesVersion: true,
  corepackPrograms: ["yarn", "yarnpkg"],
  runsInstalled: "never",
  advice: "install it (npm install --global yarn), or name it as packageManager in package.json and install corepack",
  windowsScript: "node_modules/yarn/bin/yarn.js",
} as const;

/** All package managers. When a project has several lock files, the first row that has one of them wins. */
export const managers: readonly PackageManager[] = [
  {
    name: "pnpm",
    program: "pnpm",
    lockFiles: ["pnpm-lock.yaml"],
    lockFormat: {
      pattern: /^lockfileVersion:\s*['"]?(\d+\.\d+)/m,
      writers: { "5.3": 6, "5.4": 7, "6.0": 8, "6.1": 8, "9.0": 9 },
      stableSince: 9,
    },
    settingsFile: "pnpm-workspace.yaml",
    workspaceFile: "pnpm-workspace.yaml",
    apart: ["--ignore-workspace"],
    exclusions: "always",
    frozenInstall: ["install", "--frozen-lockfile"],
    lockFileOutdated: pnpm("(?:OUTDATED_LOCKFILE|LOCKFILE_CONFIG_MISMATCH)"),
    install: ["install", "--no-frozen-lockfile"],
    startsClean: false,
    traits: {
      settings: [".npmrc", "pnpm-workspace.yaml", ".pnpmfile.cjs", ".pnpmfile.mjs", "pnpmfile.js"],
      inherited: [".npmrc", "pnpm-workspace.yaml"],
      homeSettings: [
        ".npmrc",
        ".config/pnpm/rc",
        ".config/pnpm/config.yaml",
        ".config/pnpm/auth.ini",
        "Library/Preferences/pnpm/rc",
      ],
      configSettings: ["pnpm/rc", "pnpm/config.yaml", "pnpm/auth.ini"],
      manifests: ["package.yaml", "package.json5"],
      dependencyFields: ["pnpm"],
      scripts: ["pnpm:devPreinstall"],
      patchFolders: ["patches"],
      packageFolders: [".pnpm"],
      moduleEntries: [".modules.yaml", ".pnpm-config"],
      placeSettings: [
        ...["modules-?dir", "virtual-?store-?dir", "lockfile-?dir", "git-?branch-?lockfile"],
        "inject-?workspace-?packages",
      ],
      placeVariables: ["p?npm_config_(?:modules_dir|virtual_store_dir|lockfile_dir|git_branch_lockfile)"],
    },
    run: ["run"],
    runMembers: ["--recursive", "run"],
    switchesVersion: true,
    corepackPrograms: ["pnpm", "pnpx"],
    runsInstalled: "unlessNamed",
    advice:
      "install it (npm install --global pnpm), or name it as packageManager in package.json and install corepack",
    windowsScript: "node_modules/pnpm/bin/pnpm.cjs",
  },
  {
    name: "bun",
    program: "bun",
    lockFiles: ["bun.lock", "bun.lockb"],
    exclusions: "globs",
    frozenInstall: ["install", "--frozen-lockfile"],
    lockFileOutdated: line("error: lockfile had changes, but lockfile is frozen$"),
    install: ["install"],
    startsClean: false,
    traits: {
      settings: [".npmrc", "bunfig.toml"],
      homeSettings: [".npmrc", ".bunfig.toml"],
      configSettings: [".bunfig.toml"],
      patchFolders: ["patches"],
      packageFolders: [".bun"],
    },
    run: ["run"],
    runMembers: ["run", "--filter", "*"],
    switchesVersion: false,
    corepackPrograms: [],
    runsInstalled: "never",
    advice: "install it (npm install --global bun, or https://bun.sh)",
  },
  {
    ...YARN,
    name: "yarn",
    ownRoot: "workspace list",
    exclusions: "never",
    frozenInstall: ["install", "--frozen-lockfile"],
    lockFileOutdated: line("error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`"),
    traits: {
      settings: [".npmrc", ".yarnrc"],
      inherited: [".npmrc", ".yarnrc"],
      homeSettings: [".npmrc", ".yarnrc"],
      machineSettings: ["/etc/npmrc", "/etc/yarnrc"],
      patchFolders: ["patches"],
      moduleEntries: [".yarn-integrity"],
      placeSettings: ["modules-?folder"],
    },
  },
  {
    ...YARN,
    name: "yarn berry",
    // The mark is the first key, below a comment of two lines.
    variant: { sinceMajor: 2, lockMark: "__metadata:" },
    settingsFile: ".yarnrc.yml",
    ownRoot: "lock file",
    exclusions: "always",
    frozenInstall: ["install", "--immutable"],
    lockFileOutdated: line("➤ YN0028: │ The lockfile would have been (?:modified|created) by this install"),
    installEnv: { YARN_ENABLE_IMMUTABLE_INSTALLS: "false" },
    traits: {
      settings: [".yarnrc.yml", ".env.yarn"],
      inherited: [".yarnrc.yml"],
      homeSettings: [".yarnrc.yml"],
      patchFolders: [".yarn/patches", ".yarn/plugins"],
      packageFolders: [".store"],
      moduleEntries: [".yarn-state.yml", ".package-map.json"],
      placeSettings: ["virtualFolder", "pnpUnpluggedFolder"],
      placeVariables: ["YARN_(?:VIRTUAL_FOLDER|RC_FILENAME)"],
      generated: [".pnp.cjs", ".pnp.js", ".pnp.data.json", ".pnp.loader.mjs"],
      state: [".yarn/unplugged", ".yarn/install-state.gz", ".yarn/build-state.yml"],
    },
    runMembers: ["workspaces", "foreach", "--all", "--topological-dev", "run"],
    runMembersSince: 4,
  },
  {
    name: "npm",
    program: "npm",
    lockFiles: ["package-lock.json", "npm-shrinkwrap.json"],
    apart: ["--prefix", "."],
    exclusions: "until-listed",
    frozenInstall: ["ci"],
    lockFileOutdated: npm("(?:`npm ci`|cipm) can only install packages when your package(?:\\.json|-lock)"),
    install: ["install"],
    startsClean: true,
    traits: {
      settings: [".npmrc"],
      inherited: [".npmrc"],
      homeSettings: [".npmrc"],
      machineSettings: ["/etc/npmrc"],
      patchFolders: ["patches"],
      moduleEntries: [".package-lock.json"],
      placeSettings: ["install-links"],
      placeVariables: ["p?npm_config_(?:install_links|global)"],
    },
    run: ["run"],
    runMembers: ["run", "--workspaces", "--if-present"],
    switchesVersion: false,
    corepackPrograms: ["npm", "npx"],
    runsInstalled: "always",
    advice: "it comes with Node.js (https://nodejs.org)",
    windowsScript: "node_modules/npm/bin/npm-cli.js",
  },
];

/** The program for projects that name no package manager. */
export const DEFAULT_PROGRAM = "npm";

/** Package managers that cannot build yet, with their lock files. */
export const unsupportedManagers: Readonly<Record<string, readonly string[]>> = { deno: ["deno.lock"] };

/** The rows of a program, its variants included. Empty when no package manager has this program. */
export function managersOf(program: string): readonly PackageManager[] {
  return managers.filter((manager) => manager.program === program);
}

/** The programs of all package managers, each once, in the order of the table. */
export function managerPrograms(): readonly string[] {
  return [...new Set(managers.map(({ program }) => program))];
}
