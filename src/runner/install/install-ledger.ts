import { createHash } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../../check-options.ts";
import { replaceFile } from "../store/atomic-file.ts";
import { openDataFolder, ownershipProblem } from "../store/data-folder.ts";
import { readStart } from "../project/read-file-start.ts";
import type { DirectoryPin } from "../project/directory-pin.ts";
import type { TreeMarks } from "./tree-marks.ts";

/** Everything that a later install must have in common with one that succeeded, so that it can be skipped. */
export interface InstallStamp {
  /**
   * A digest for each thing that the install depends on, by the name that people see, e.g. `package-lock.json`. `null`
   * when one of them changed during the install.
   */
  readonly inputs: Readonly<Record<string, string>> | null;
  /** The installed files. */
  readonly tree: TreeMarks;
}

/** The last install in a directory. */
export interface InstallEntry {
  /** The directory in which the package manager ran. */
  readonly pin: DirectoryPin;
  /** When it was written. ISO 8601, UTC. */
  readonly time: string;
  /**
   * Why the installed files may be incomplete, as the end of a sentence that begins with the install: `was stopped`.
   * `null` after an install that succeeded.
   */
  readonly unfinished: string | null;
  /** `null` when the install has not succeeded, or cannot be compared with a later one. */
  readonly stamp: InstallStamp | null;
}

/** The largest entry that is read, in bytes. A tree of 10 000 packages has 600 KB. */
const MAX_BYTES = 16 * 1024 * 1024;

/** The maximum number of entries on disk. The oldest are removed first when the ledger is opened. */
const MAX_ENTRIES = 1000;

/** The same in memory. */
const MAX_IN_MEMORY = 100;

/**
 * Remembers the last install in each directory. With a folder, the next process knows it as well, also after this
 * process was killed. It belongs to the server: a project cannot write to it.
 *
 * ```text
 * <folder>/<digest of the directory's path>.json
 * ```
 */
export class InstallLedger {
  readonly #folder: string | undefined;
  /** The entries without a folder, the oldest first. */
  readonly #entries = new Map<string, InstallEntry>();

  /** @param folder - Default: the entries are in memory only. Use {@link open} to check and create the folder. */
  constructor(folder?: string) {
    this.#folder = folder;
  }

  /** @throws {TailcastError} `UNSAFE_DATA` when other users could have written to the folder. */
  static async open(folder: string): Promise<InstallLedger> {
    await openDataFolder(folder);
    const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
    const ledger = new InstallLedger(folder);
    const surplus = names.length - MAX_ENTRIES;
    if (surplus > 0) await ledger.#removeOldest(names, surplus);
    return ledger;
  }

  /** The entry of a directory; `undefined` when none was written, or the path leads to another directory now. */
  async read(pin: DirectoryPin): Promise<InstallEntry | undefined> {
    const entry = this.#folder === undefined ? this.#entries.get(pin.path) : await readEntry(this.#file(pin.path));
    // The number of a device can change when the machine restarts. An interrupted install must not be forgotten then.
    if (entry?.pin.path !== pin.path || entry.pin.inode !== pin.inode) return undefined;
    return entry.pin.device === pin.device ? entry : { ...entry, stamp: null };
  }

  /** Replaces the entry of a directory. Resolves when it is on disk, and rejects when it could not be stored. */
  async write(entry: InstallEntry): Promise<void> {
    const { path } = entry.pin;
    if (this.#folder !== undefined) return replaceFile(this.#file(path), `${JSON.stringify(entry)}\n`);
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= MAX_IN_MEMORY) break;
      this.#entries.delete(oldest);
    }
  }

  async #removeOldest(names: readonly string[], count: number): Promise<void> {
    const folder = this.#folder ?? "";
    const files = names.map((name) => join(folder, name));
    const dated = await Promise.all(files.map(async (file) => ({ file, time: (await readEntry(file))?.time ?? "" })));
    dated.sort((left, right) => (left.time < right.time ? -1 : 1));
    for (const { file } of dated.slice(0, count)) await rm(file, { force: true });
  }

  #file(path: string): string {
    return join(this.#folder ?? "", `${createHash("sha256").update(path).digest("hex").slice(0, 32)}.json`);
  }
}

/** Returns `undefined` when the file does not exist, is damaged, or could have been written by another user. */
async function readEntry(file: string): Promise<InstallEntry | undefined> {
  if ((await ownershipProblem(file)) !== undefined) return undefined;
  try {
    const bytes = await readStart(file, MAX_BYTES);
    const value: unknown = JSON.parse(Buffer.from(bytes ?? []).toString());
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is InstallEntry {
  if (!isObject(value)) return false;
  const { pin, time, unfinished, stamp } = value;
  if (!isObject(pin) || typeof pin["path"] !== "string" || typeof time !== "string") return false;
  if (unfinished !== null && typeof unfinished !== "string") return false;
  if (stamp === null) return true;
  if (!isObject(stamp) || !isObject(stamp["tree"])) return false;
  if (stamp["inputs"] !== null && !isObject(stamp["inputs"])) return false;
  const { packages, names, generated } = stamp["tree"];
  return isObject(packages) && isObject(names) && Array.isArray(generated);
}
