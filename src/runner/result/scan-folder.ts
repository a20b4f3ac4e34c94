import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** The folders that no build has as a result, by name. */
const IGNORED: ReadonlySet<string> = new Set([
  ...["node_modules", ".git", ".hg", ".svn", ".yarn", ".pnpm-store"],
  ...["cache", ".cache", ".turbo", ".parcel-cache", ".angular", ".nx", ".vite", ".rollup.cache"],
]);

/** How many files are examined at the same time. */
const AT_ONCE = 32;

/** The limits of a scan. */
export interface ScanLimits {
  /** How many files and folders are examined. */
  readonly entries: number;
  /** When the scan ends, as `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** A folder with the files in it. */
export interface ScannedFolder {
  /** Relative to the project, with slashes; empty for the project itself. */
  readonly path: string;
  readonly children: readonly ScannedFolder[];
  /** The files in the folder itself. */
  readonly own: FileCount;
  /** The files in it and in all folders below. */
  readonly all: FileCount;
}

/** The number and the size of files, and of those that have changed. */
export interface FileCount {
  readonly files: number;
  readonly bytes: number;
  readonly changedFiles: number;
  readonly changedBytes: number;
}

const NOTHING: FileCount = { files: 0, bytes: 0, changedFiles: 0, changedBytes: 0 };

/** Counts the files of a project, and those that have changed. Symbolic links are not followed, and do not count. */
export class FolderScan {
  readonly #root: string;
  readonly #since: number;
  readonly #limits: ScanLimits;
  readonly #ignoredFiles: ReadonlySet<string>;
  #left: number;
  #isComplete = true;

  /**
   * @param since - A file whose status changed at this time or later has changed, in milliseconds since 1970. Programs
   * cannot set the time of that change.
   * @param ignoredFiles - The names of files that do not count in the project's directory itself.
   */
  constructor(root: string, since: number, limits: ScanLimits, ignoredFiles: ReadonlySet<string>) {
    this.#root = root;
    this.#since = since;
    this.#limits = limits;
    this.#left = limits.entries;
    this.#ignoredFiles = ignoredFiles;
  }

  /** Whether everything was examined. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Scans a folder. @param path - Relative to the project. */
  async scan(path = ""): Promise<ScannedFolder> {
    const entries = await readdir(join(this.#root, path), { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    const folders = entries.filter((entry) => entry.isDirectory() && !IGNORED.has(entry.name));
    let own = NOTHING;
    const counted = path === "" ? names.filter((name) => !this.#ignoredFiles.has(name)) : names;
    for (let at = 0; at < counted.length && this.#hasRoom(); at += AT_ONCE) {
      const some = counted.slice(at, at + Math.min(AT_ONCE, this.#left));
      this.#left -= some.length;
      if (some.length < Math.min(AT_ONCE, counted.length - at)) this.#isComplete = false;
      for (const count of await Promise.all(some.map((name) => this.#count(join(this.#root, path, name))))) {
        own = sum(own, count);
      }
    }
    const children: ScannedFolder[] = [];
    for (const { name } of folders) {
      if (!this.#hasRoom()) break;
      this.#left--;
      children.push(await this.scan(path === "" ? name : `${path}/${name}`));
    }
    return { path, children, own, all: children.reduce((total, { all }) => sum(total, all), own) };
  }

  #hasRoom(): boolean {
    const { signal, deadline } = this.#limits;
    if (this.#left > 0 && !signal.aborted && performance.now() < deadline) return true;
    this.#isComplete = false;
    return false;
  }

  async #count(file: string): Promise<FileCount> {
    const status = await lstat(file).catch(() => undefined);
    if (status?.isFile() !== true) return NOTHING;
    const { size, ctimeMs } = status;
    const isChanged = ctimeMs >= this.#since;
    return { files: 1, bytes: size, changedFiles: isChanged ? 1 : 0, changedBytes: isChanged ? size : 0 };
  }
}

function sum(a: FileCount, b: FileCount): FileCount {
  return {
    files: a.files + b.files,
    bytes: a.bytes + b.bytes,
    changedFiles: a.changedFiles + b.changedFiles,
    changedBytes: a.changedBytes + b.changedBytes,
  };
}
