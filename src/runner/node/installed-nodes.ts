import { opendir } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { isFile } from "../program/is-file.ts";
import { readNodeHeader } from "./node-header.ts";
import { compareVersions, parseVersion } from "./semver-range.ts";
import type { Environment } from "../program/find-program.ts";
import type { Version } from "./semver-range.ts";
import type { NodeRelease } from "./wanted-version.ts";

/** A Node.js that is installed, as its files say. */
export interface InstalledNode extends NodeRelease {
  /** The folder of its programs: absolute. */
  readonly bin: string;
  /** The version manager that has installed it, or `--node-path`. */
  readonly origin: string;
}

/** Where a version manager installs. */
interface VersionManager {
  readonly name: string;
  /** Its folders: variables, and paths that begin with one. */
  readonly homes: readonly string[];
  /** The folder below its own that has a folder for each version. */
  readonly versions: string;
  /** The folder of the programs below that of a version. */
  readonly bin: string;
}

/** The version managers. Each of them is asked by its files alone. */
export const versionManagers: readonly VersionManager[] = [
  { name: "nvm", homes: ["$NVM_DIR", "$XDG_CONFIG_HOME/nvm", "$HOME/.nvm"], versions: "versions/node", bin: "bin" },
  {
    name: "fnm",
    homes: [
      ...["$FNM_DIR", "$XDG_DATA_HOME/fnm", "$HOME/.local/share/fnm", "$HOME/.fnm"],
      "$HOME/Library/Application Support/fnm",
    ],
    versions: "node-versions",
    bin: "installation/bin",
  },
  { name: "Volta", homes: ["$VOLTA_HOME", "$HOME/.volta"], versions: "tools/image/node", bin: "bin" },
  {
    name: "mise",
    homes: ["$MISE_DATA_DIR", "$XDG_DATA_HOME/mise", "$HOME/.local/share/mise"],
    versions: "installs/node",
    bin: "bin",
  },
  { name: "asdf", homes: ["$ASDF_DATA_DIR", "$HOME/.asdf"], versions: "installs/nodejs", bin: "bin" },
  { name: "nodenv", homes: ["$NODENV_ROOT", "$HOME/.nodenv"], versions: "versions", bin: "bin" },
  { name: "n", homes: ["$N_PREFIX/n", "/usr/local/n"], versions: "versions/node", bin: "bin" },
];

/** The origin of those in the given folders. */
const NODE_PATH = "--node-path";

/** The maximum number of folders in a folder of versions. */
const MAX_FOLDERS = 256;

/** The maximum number of programs that are run because no file says their version. */
const MAX_ASKED = 8;

/** Runs a program to learn its version; `undefined` when that is not possible. */
export type AskNode = (program: string) => Promise<Version | undefined>;

/**
 * Finds the installed versions of Node.js: those of version managers, and those in the given folders. The names of
 * folders and the headers in them say the version. In the given folders, a program without both is run.
 *
 * @param env - The variables that say where version managers install.
 * @param nodePath - Folders that are an installation, or hold several: absolute.
 * @returns The newest first; of the same version, those in the given folders before those of version managers.
 */
export async function findInstalledNodes(
  env: Environment,
  nodePath: readonly string[],
  ask: AskNode,
): Promise<InstalledNode[]> {
  const found: InstalledNode[] = [];
  let asked = 0;
  for (const folder of nodePath) {
    const isOne = await isFile(join(folder, "bin", "node"));
    const folders = isOne ? [folder] : (await subfolders(folder)).map((name) => join(folder, name));
    for (const each of folders) {
      const bin = join(each, "bin");
      const node = await readInstallation(bin, each, NODE_PATH);
      if (node !== "unknown") found.push(...node);
      else if (asked++ < MAX_ASKED) {
        const version = await ask(join(bin, "node"));
        if (version !== undefined) found.push({ bin, origin: NODE_PATH, version, lts: undefined });
      }
    }
  }
  for (const { name, homes, versions, bin } of versionManagers) {
    for (const home of new Set(homes.map((path) => expand(path, env)))) {
      if (!isAbsolute(home)) continue;
      for (const folder of await subfolders(join(home, versions))) {
        // mise makes links such as `20` and `latest`.
        if (parseVersion(folder) === undefined) continue;
        const node = await readInstallation(join(home, versions, folder, bin), folder, name);
        if (node !== "unknown") found.push(...node);
      }
    }
  }
  return found.sort((one, other) => compareVersions(other.version, one.version));
}

/**
 * @param name - Can hold the version.
 * @returns Empty when there is no usable installation; `unknown` when no file says its version.
 */
async function readInstallation(bin: string, name: string, origin: string): Promise<InstalledNode[] | "unknown"> {
  if (!(await isFile(join(bin, "node")))) return [];
  const header = await readNodeHeader(bin);
  const version = versionIn(name);
  if (header === undefined) return version === undefined ? "unknown" : [{ bin, origin, version, lts: undefined }];
  // A folder that names another version than its files has been changed by hand.
  const isSame = version === undefined || compareVersions(version, header.version) === 0;
  return isSame ? [{ bin, origin, ...header }] : [];
}

/** The last version in a path: `v20.1.0`, or `node-v20.1.0-linux-x64`. */
function versionIn(path: string): Version | undefined {
  const text = /(?:^|[^\d.])(\d+\.\d+\.\d+)(?![\d.])[^/\\]*[/\\]?$/.exec(path)?.[1];
  return text === undefined ? undefined : parseVersion(text);
}

/** Replaces the variable at the beginning of a path. The result is empty when it is not set. */
function expand(path: string, env: Environment): string {
  const [start = "", name] = /^\$(\w+)/.exec(path) ?? [];
  if (name === undefined) return path;
  const value = env[name] ?? "";
  return value === "" ? "" : value + path.slice(start.length);
}

async function subfolders(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(path)) {
      if (entry.isDirectory() || entry.isSymbolicLink()) names.push(entry.name);
      if (names.length === MAX_FOLDERS) break;
    }
  } catch {
    // It does not exist, or may not be read.
  }
  return names;
}
