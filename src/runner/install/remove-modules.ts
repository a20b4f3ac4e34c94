import { lstatSync, readdirSync, realpathSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { installNames } from "../package-manager/install-traits.ts";
import { findMembers } from "./members.ts";

/** The number of files between two looks at the clock, and the time between two lines, in milliseconds. */
const FILES_PER_LOOK = 200;
const PROGRESS_TIME = 2000;

/**
 * Removes everything that a package manager has installed: `node_modules` of a directory and of the members of its
 * workspace. Links are removed, and never followed; other file systems that are mounted below `node_modules` stay. It
 * blocks: see `remove-modules-program.ts`.
 *
 * @param root - The directory of the install: absolute, without symbolic links.
 * @param globs - Its workspace list.
 * @param say - Receives the progress.
 */
export function removeModules(root: string, globs: readonly string[], say: (text: string) => void): void {
  const members = findMembers(root, globs);
  if (members.problem !== undefined) say(`not every node_modules may be found: ${members.problem}`);
  const modules = ["node_modules", ...members.paths.map((path) => `${path}/node_modules`)];
  const folders = [...modules, ...installNames("state")];
  for (const folder of folders) {
    const path = join(root, folder);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) continue;
    const parent = join(path, "..");
    if (realpathSync(parent) !== parent) {
      say(`${folder} stays, because a symbolic link leads to it`);
      continue;
    }
    if (status.isSymbolicLink()) say(`${folder} is a symbolic link; what it leads to stays`);
    const count = new Removal(folder, say).remove(path, status.dev);
    say(`removed ${folder} (${count} ${count === 1 ? "file" : "files"})`);
  }
}

/** The removal of one folder. */
class Removal {
  readonly #name: string;
  readonly #say: (text: string) => void;
  #count = 0;
  #saidAt = performance.now();

  constructor(name: string, say: (text: string) => void) {
    this.#name = name;
    this.#say = say;
  }

  /**
   * @param device - The file system that everything must be on.
   * @returns The number of files.
   */
  remove(path: string, device: number): number {
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory() === true) this.#removeFolder(path, status.dev, device);
    else if (status !== undefined) this.#removeFile(path);
    return this.#count;
  }

  #removeFolder(path: string, found: number, device: number): void {
    if (found !== device) throw new Error(`Cannot remove ${path}: it is on another file system`);
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) this.remove(inner, device);
      else this.#removeFile(inner);
    }
    try {
      rmdirSync(path);
    } catch (error) {
      // A mounted volume is empty now, and stays.
      if ((error as NodeJS.ErrnoException).code !== "EBUSY") throw error;
    }
  }

  #removeFile(path: string): void {
    unlinkSync(path);
    if (++this.#count % FILES_PER_LOOK > 0 || performance.now() - this.#saidAt < PROGRESS_TIME) return;
    this.#saidAt = performance.now();
    this.#say(`removing ${this.#name}: ${this.#count} files so far`);
  }
}
