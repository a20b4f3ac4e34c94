import { mkdirSync, readFileSync, readdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { cgroupFiles } from "../../dist/runner/cgroup/cgroup-files.js";
import type { Lifetime } from "./lifetime.js";

/** The cgroup of this process; `undefined` when the system has no cgroup v2. */
export const ownCgroup = cgroupFiles.own();

const folder = join(ownCgroup ?? "/", `tailcast-test-${process.pid}`);

/** The reason why tests cannot make real cgroups, if so. */
export const noCgroups = whyNone();

/** The reason why tests cannot limit the processes of real cgroups, if so: they do not change the cgroup above. */
export const noPids = noCgroups || (hasPids() ? false : `the controller "pids" is not enabled in ${ownCgroup}`);

/** Makes a real cgroup below that of this process, and removes it after the test. */
export function makeCgroup(t: Lifetime): string {
  mkdirSync(folder);
  t.after(() => rmdirSync(folder));
  return folder;
}

/** The names of the cgroups directly below a cgroup. */
export function cgroupsIn(path: string): string[] {
  return readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function whyNone(): string | false {
  if (ownCgroup === undefined) return "this system has no cgroup v2";
  try {
    mkdirSync(folder);
    rmdirSync(folder);
    return false;
  } catch (error) {
    return `this user may not make cgroups: ${(error as Error).message}`;
  }
}

function hasPids(): boolean {
  return readFileSync(join(ownCgroup ?? "/", "cgroup.subtree_control"), "utf8").split(/\s+/).includes("pids");
}
