import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { installNames } from "../package-manager/install-traits.ts";
import type { Stats } from "node:fs";

/**
 * Identifies installed files without reading them: their names, inodes, sizes and times. Plain JSON. A file with one
 * link also counts the time of its last change of any kind, which no program can set.
 */
export interface TreeMarks {
  /** A digest for each package, by its path, e.g. `node_modules/react`. */
  readonly packages: Readonly<Record<string, string>>;
  /** A digest of all names: it changes when a file is removed or added. */
  readonly names: string;
}

/** The marks of a tree, and what is known about them. */
export interface TreeReport {
  readonly marks: TreeMarks;
  /** Why the tree cannot be compared later, as a sentence; `undefined` when it can. */
  readonly problem: string | undefined;
  /** Whether the file system counts whole seconds, so that a change within a second can stay unseen. */
  readonly isCoarse: boolean;
}

/** The maximum number of files. The largest applications have half a million. */
const MAX_FILES = 1_500_000;

/** Entries of `node_modules` that tools write during a build, and that no package manager reads. */
const CACHES: ReadonlySet<string> = new Set([".cache", ".tmp", ".vite", ".vite-temp", ".vitest", ".vue-global-types"]);

/** Written by pnpm when it runs a script. It says when pnpm last compared `node_modules` with the lock file. */
const STATE_OF_PNPM = /^\.pnpm-workspace-state.*\.json$/;

const MODULES = "node_modules";

/** Reads the marks of installed files. Links are not followed, but what they lead to must exist. */
export class TreeReader {
  readonly #root: string;
  readonly #names = createHash("sha256");
  readonly #packages: Record<string, string> = {};
  #files = 0;
  #wholeSeconds = 0;
  #problem: string | undefined;

  /** @param root - The directory of the install. All paths are relative to it. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Adds a file or a folder. A path that does not exist adds nothing. */
  add(path: string): void {
    const status = lstatSync(join(this.#root, path), { throwIfNoEntry: false });
    if (status === undefined) return;
    if (!status.isDirectory()) {
      if (status.isSymbolicLink()) this.#problem ??= `${path} is a symbolic link`;
      this.#addPackage(path);
      return;
    }
    if (path.split("/").at(-1) !== MODULES) return this.#addPackage(path);
    const packageFolders = installNames("packageFolders");
    for (const name of this.#list(path)) {
      const entry = `${path}/${name}`;
      if (!name.startsWith("@") && !packageFolders.has(name)) this.#addPackage(entry);
      else for (const inner of this.#list(entry)) this.#addPackage(`${entry}/${inner}`);
    }
  }

  /** Adds a file outside of the tree, such as a package in the cache of a package manager. */
  addOutside(path: string, file: string): void {
    const status = statSync(file, { throwIfNoEntry: false });
    this.#names.update(`${path}\n`);
    this.#packages[path] = status === undefined ? "missing" : digest(`${status.ino} ${status.size} ${status.mtimeMs}`);
  }

  /** Returns the marks of everything that was added. Called once. */
  finish(): TreeReport {
    const isCoarse = this.#files > 0 && this.#wholeSeconds === this.#files;
    const marks = { packages: this.#packages, names: this.#names.digest("base64url").slice(0, 22) };
    return { marks, problem: this.#problem, isCoarse };
  }

  #addPackage(path: string): void {
    const lines: string[] = [];
    this.#visit(path, lines);
    this.#packages[path] = digest(lines.join("\n"));
  }

  #visit(path: string, lines: string[]): void {
    if (++this.#files > MAX_FILES) {
      this.#problem ??= `it has more than ${MAX_FILES} files`;
      return;
    }
    this.#names.update(`${path}\n`);
    const full = join(this.#root, path);
    const status = lstatSync(full);
    if (status.ctimeMs % 1000 === 0) this.#wholeSeconds++;
    if (!status.isDirectory()) return void lines.push(`${path} ${describe(status, full)}`);
    lines.push(`${path} ${status.ino}`);
    for (const name of this.#list(path)) this.#visit(`${path}/${name}`, lines);
  }

  #list(path: string): readonly string[] {
    // In the same order each time, whatever order the file system uses.
    const names = readdirSync(join(this.#root, path)).sort();
    if (path.split("/").at(-1) !== MODULES) return names;
    return names.filter((name) => !CACHES.has(name) && !STATE_OF_PNPM.test(name));
  }
}

function describe(status: Stats, path: string): string {
  const { ino, mode, size, mtimeMs, ctimeMs, nlink } = status;
  if (status.isSymbolicLink()) {
    const target = statSync(path, { throwIfNoEntry: false });
    return `${ino} -> ${readlinkSync(path)} ${target === undefined ? "missing" : target.ino}`;
  }
  // Another project that links the same file into its node_modules changes ctime, and nothing else.
  return `${ino} ${mode} ${size} ${mtimeMs} ${nlink === 1 ? ctimeMs : ""}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}
