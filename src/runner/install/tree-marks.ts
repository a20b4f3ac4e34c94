import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync, statSync } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { installNames } from "../package-manager/install-traits.ts";
import { isInside } from "../project/resolve-inside.ts";
import type { Stats } from "node:fs";

/**
 * Identifies installed files without reading them: their names, inodes, sizes and times. Plain JSON. A file with one
 * link also counts the time of its last change of any kind, which no program can set.
 */
export interface TreeMarks {
  /** A digest for each package, by its path, e.g. `node_modules/react`. */
  readonly packages: Readonly<Record<string, string>>;
  /**
   * A digest of all names in each folder with installed files, e.g. `packages/app/node_modules`: it changes when a file
   * is removed or added.
   */
  readonly names: Readonly<Record<string, string>>;
  /** Hidden entries of `node_modules` that no package manager writes, and that are no known caches. */
  readonly generated: readonly string[];
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
const CACHES: ReadonlySet<string> = new Set([
  ".astro",
  ".cache",
  ".tmp",
  ".vite",
  ".vite-temp",
  ".vitest",
  ".vue-global-types",
]);

/** The folder with links to the programs of packages. */
const PROGRAMS = ".bin";

/** Written by pnpm when it runs a script. It says when pnpm last compared `node_modules` with the lock file. */
const STATE_OF_PNPM = /^\.pnpm-workspace-state.*\.json$/;

const MODULES = "node_modules";

/** Reads the marks of installed files. Links are not followed, but what they lead to must exist. */
export class TreeReader {
  readonly #root: string;
  readonly #known: ReadonlySet<string>;
  readonly #packageFolders = installNames("packageFolders");
  readonly #packages: Record<string, string> = {};
  readonly #names: Record<string, string> = {};
  readonly #generated: string[] = [];
  #namesHere = createHash("sha256");
  #files = 0;
  #wholeSeconds = 0;
  #problem: string | undefined;

  /** @param root - The directory of the install. All paths are relative to it. */
  constructor(root: string) {
    this.#root = root;
    this.#known = new Set([PROGRAMS, ...this.#packageFolders, ...installNames("moduleEntries")]);
  }

  /** Adds a file or a folder. A path that does not exist adds nothing. */
  add(path: string): void {
    this.#namesHere = createHash("sha256");
    this.#add(path);
    this.#endNames(path);
  }

  #add(path: string): void {
    const status = lstatSync(join(this.#root, path), { throwIfNoEntry: false });
    if (status === undefined) return;
    if (!status.isDirectory()) {
      if (status.isSymbolicLink()) this.#problem ??= `${path} is a symbolic link`;
      this.#addPackage(path);
      return;
    }
    if (path.split("/").at(-1) !== MODULES) return this.#addPackage(path);
    for (const name of this.#list(path)) {
      const entry = `${path}/${name}`;
      if (!name.startsWith("@") && !this.#packageFolders.has(name)) this.#addPackage(entry);
      else for (const inner of this.#list(entry)) this.#addPackage(`${entry}/${inner}`);
    }
  }

  /** Adds a file outside of the tree, such as a package in the cache of a package manager. */
  addOutside(path: string, file: string): void {
    const status = statSync(file, { throwIfNoEntry: false });
    this.#packages[path] = status === undefined ? "missing" : digest(`${status.ino} ${status.size} ${status.mtimeMs}`);
  }

  /** Returns the marks of everything that was added. Called once. */
  finish(): TreeReport {
    const isCoarse = this.#files > 0 && this.#wholeSeconds === this.#files;
    const marks = { packages: this.#packages, names: this.#names, generated: this.#generated };
    return { marks, problem: this.#problem, isCoarse };
  }

  /** Notes the names of one folder. A path that does not exist has none. */
  #endNames(path: string): void {
    if (lstatSync(join(this.#root, path), { throwIfNoEntry: false }) === undefined) return;
    this.#names[path] = this.#namesHere.digest("base64url").slice(0, 22);
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
    this.#namesHere.update(`${path}\n`);
    const full = join(this.#root, path);
    const status = lstatSync(full);
    if (status.ctimeMs % 1000 === 0) this.#wholeSeconds++;
    if (status.isSymbolicLink()) return void lines.push(`${path} ${this.#describeLink(path, status)}`);
    if (!status.isDirectory()) return void lines.push(`${path} ${describe(status)}`);
    lines.push(`${path} ${status.ino}`);
    for (const name of this.#list(path)) this.#visit(`${path}/${name}`, lines);
  }

  #list(path: string): readonly string[] {
    // In the same order each time, whatever order the file system uses.
    const names = readdirSync(join(this.#root, path)).sort();
    if (path.split("/").at(-1) !== MODULES) return names;
    return names.filter((name) => {
      if (!name.startsWith(".") || this.#known.has(name)) return true;
      if (!CACHES.has(name) && !STATE_OF_PNPM.test(name)) this.#generated.push(`${path}/${name}`);
      return false;
    });
  }

  #describeLink(path: string, { ino }: Stats): string {
    const full = join(this.#root, path);
    const text = readlinkSync(full);
    // The program is a file of a package, or a result of a build in a member of the workspace.
    if (path.split("/").at(-2) === PROGRAMS) return `${ino} -> ${text}`;
    const place = resolve(dirname(full), text);
    if (!isInside(place, this.#root) && place.split(sep).includes(MODULES)) {
      this.#problem ??= `${path} leads to a package outside of the project`;
    }
    const target = statSync(full, { throwIfNoEntry: false });
    return `${ino} -> ${text} ${target === undefined ? "missing" : target.ino}`;
  }
}

function describe({ ino, mode, size, mtimeMs, ctimeMs, nlink }: Stats): string {
  // Another project that links the same file into its node_modules changes ctime, and nothing else.
  return `${ino} ${mode} ${size} ${mtimeMs} ${nlink === 1 ? ctimeMs : ""}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}
