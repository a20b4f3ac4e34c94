import { accessSync, constants, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { rmdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The kernel's control groups (cgroup v2): a directory for each, with files that show and change it. Every call is
 * synchronous, since the kernel replies from memory. Each throws the system's error.
 */
export interface CgroupFiles {
  /** The directory of the cgroup that this process is in; `undefined` when the system shows none. */
  own(): string | undefined;
  /** Whether a cgroup was delegated to this user. False for root, where that cannot be known: it may write anywhere. */
  isDelegated(path: string): boolean;
  read(file: string): string;
  write(file: string, text: string): void;
  /** Makes an empty cgroup. */
  make(path: string): void;
  /** Removes a cgroup that has neither processes nor cgroups in it. */
  remove(path: string): void;
  /** The names of the cgroups directly below a cgroup. */
  list(path: string): readonly string[];
}

/** The cgroups of this machine. */
export const cgroupFiles: CgroupFiles = {
  own: () => findOwn(readText("/proc/self/cgroup"), readText("/proc/self/mountinfo")),
  isDelegated: (path) => {
    const user = process.geteuid?.();
    if (user === undefined || user === 0) return false;
    try {
      for (const name of [".", "cgroup.procs", "cgroup.subtree_control"]) {
        accessSync(join(path, name), constants.W_OK);
      }
      return statSync(path).uid === user;
    } catch {
      return false;
    }
  },
  read: (file) => readFileSync(file, "utf8"),
  write: (file, text) => writeFileSync(file, text),
  make: (path) => mkdirSync(path),
  remove: (path) => rmdirSync(path),
  list: (path) => {
    return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  },
};

/**
 * The directory of the own cgroup.
 *
 * @param cgroup - The content of `/proc/self/cgroup`: a line such as `0::/system.slice/tailcast.service`.
 * @param mounts - The content of `/proc/self/mountinfo`.
 */
export function findOwn(cgroup: string, mounts: string): string | undefined {
  const path = /^0::(\/.*)$/m.exec(cgroup)?.[1];
  const [, root = "", directory = ""] = /^\S+ \S+ \S+ (\S+) (\S+) .* - cgroup2 /m.exec(mounts) ?? [];
  // A container can see a part of the tree: then the path starts with the root of the mount.
  const prefix = root === "/" ? "" : root;
  if (path === undefined || directory === "" || !`${path}/`.startsWith(`${prefix}/`)) return undefined;
  return join(directory, path.slice(prefix.length), ".");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
