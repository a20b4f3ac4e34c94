import { readdir, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { OPENED, checkOpened, checkValue, kinds } from "../../check-options.ts";
import { createFolder } from "../../create-folder.ts";
import { replaceFile, syncDirectory } from "./atomic-file.ts";
import { openDataFolder, ownershipProblem } from "./data-folder.ts";
import { DirectoryLock } from "./directory-lock.ts";
import { isBuildId } from "../build-id.ts";
import { readStart } from "../project/read-file-start.ts";
import { SingleWriter } from "./single-writer.ts";
import { buildStatuses, completeRecord } from "../record.ts";
import type { ProcessIdentity } from "../process/identity.ts";
import type { BuildRecord } from "../record.ts";

/**
 * The stored state of a build, in addition to its log. Plain JSON. The plan is not stored: the next process replans,
 * so that nobody can make it run a command by writing a file.
 */
export interface StoredBuild {
  readonly record: BuildRecord;
  /** Identifies the processes of the build; `null` until the first one starts. See `endOrphans`. */
  readonly cookie: string | null;
  readonly identity: ProcessIdentity | null;
}

const BUILDS = "builds";

/** The maximum size of an index, in bytes. A larger one is not stored. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

/**
 * Builds on disk: a folder for each, named by its id, with its state in `build.json` and its log in `events`. Only the
 * owner may read them. The index of the log in `lines` can be deleted: it is made again from the log.
 *
 * ```text
 * <directory>/lock
 * <directory>/builds/<id>/build.json
 * <directory>/builds/<id>/events
 * <directory>/builds/<id>/lines
 * ```
 */
export class BuildStore {
  /** Its folder. */
  readonly directory: string;
  readonly #builds: string;
  readonly #lock: DirectoryLock;
  readonly #states = new Map<string, StateFile>();
  readonly #removals = new Set<Promise<void>>();
  /** The indexes that are being written. */
  readonly #indexes = new Map<string, Promise<void>>();

  private constructor(key: typeof OPENED, directory: string, lock: DirectoryLock) {
    checkOpened(key, "BuildStore.open()");
    this.directory = directory;
    this.#builds = join(directory, BUILDS);
    this.#lock = lock;
  }

  /**
   * Opens the folder, and creates it if it does not exist.
   *
   * @throws {TailcastError} `INVALID_OPTION`; `DATA_IN_USE` when another running server uses it; `UNSAFE_DATA` when it,
   * or the folder of the builds in it, is a link, belongs to another user, or is writable by other users.
   */
  static async open(directory: string): Promise<BuildStore> {
    const path = resolve(checkValue("directory", directory, kinds.filledText));
    await openDataFolder(path);
    await openDataFolder(join(path, BUILDS));
    return new BuildStore(OPENED, path, await DirectoryLock.acquire(path));
  }

  /** The ids of all builds that are stored, the oldest first. */
  async ids(): Promise<string[]> {
    const entries = await readdir(this.#builds, { withFileTypes: true });
    // Through a link, writes could reach another place.
    const folders = entries.filter((entry) => entry.isDirectory() && isBuildId(entry.name));
    return folders.map(({ name }) => name).sort();
  }

  /** Where the log of a build is. */
  logPath(id: string): string {
    return join(this.#folder(id), "events");
  }

  /** The size of a build's log in bytes; 0 when it has none. */
  async logBytes(id: string): Promise<number> {
    return (await stat(this.logPath(id)).catch(() => undefined))?.size ?? 0;
  }

  /** The index of a build's log, as {@link saveIndex} stored it; `undefined` when it cannot be read. */
  async readIndex(id: string): Promise<string | undefined> {
    const bytes = await readStart(this.#indexPath(id), MAX_INDEX_BYTES).catch(() => undefined);
    return bytes && Buffer.from(bytes).toString();
  }

  /** Stores the index of a build's log, which is a cache: if the write fails, or the build was removed, it is lost. */
  async saveIndex(id: string, index: string): Promise<void> {
    if (!this.#states.has(id) || index.length > MAX_INDEX_BYTES) return;
    const write = replaceFile(this.#indexPath(id), index).catch(() => undefined);
    this.#indexes.set(id, write);
    await write;
    this.#indexes.delete(id);
  }

  /**
   * All stored builds, the oldest first. The state is `undefined` when the server was killed before it stored the first
   * one: then only the log exists.
   *
   * @param onProblem - Called for each build that cannot be read. Its files stay as they are.
   */
  async load(onProblem: (problem: string) => void): Promise<Map<string, StoredBuild | undefined>> {
    const found = new Map<string, StoredBuild | undefined>();
    for (const id of await this.ids()) {
      const path = this.#statePath(id);
      try {
        await checkOwnership(this.#folder(id), path, this.logPath(id));
        const stored = checkStored(JSON.parse(Buffer.from((await readStart(path, Infinity)) ?? []).toString()), id);
        this.#states.set(id, new StateFile(path, stored));
        found.set(id, stored);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") found.set(id, undefined);
        else onProblem(`cannot read ${path}: ${(error as Error).message}`);
      }
    }
    return found;
  }

  /**
   * Stores a change of a build; the first one must contain the record. Resolves when it has reached the disk. Without a
   * change, resolves when all earlier changes have.
   */
  async save(id: string, change: Partial<StoredBuild> = {}): Promise<void> {
    let state = this.#states.get(id);
    if (state === undefined) {
      // The build was removed.
      if (change.record === undefined) return;
      state = new StateFile(this.#statePath(id), { record: change.record, cookie: null, identity: null });
      this.#states.set(id, state);
    }
    await state.update(change);
  }

  /** Removes a build and its log. Readers that have the log open can still read it to its end. */
  remove(id: string): Promise<void> {
    const state = this.#states.get(id);
    this.#states.delete(id);
    const remove = async (): Promise<void> => {
      await state?.close();
      await this.#indexes.get(id);
      await rm(this.#folder(id), { recursive: true, force: true });
    };
    const removal = remove().finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    return removal;
  }

  /** Resolves when everything is stored, and releases the folder. */
  async close(): Promise<void> {
    const states = Array.from(this.#states.values(), (state) => state.close());
    await Promise.allSettled([...states, ...this.#removals, ...this.#indexes.values()]);
    await this.#lock.release();
  }

  #indexPath(id: string): string {
    return join(this.#folder(id), "lines");
  }

  #statePath(id: string): string {
    return join(this.#folder(id), "build.json");
  }

  #folder(id: string): string {
    // File names are never made of other texts.
    if (!isBuildId(id)) throw new RangeError(`Not a build's id: ${JSON.stringify(id)}`);
    return join(this.#builds, id);
  }
}

/** The state of one build on disk. One write runs at a time, and each writes the newest state. */
class StateFile {
  readonly #path: string;
  readonly #writer = new SingleWriter(() => this.#write());
  #build: StoredBuild;
  #isClosed = false;
  /** Whether the entry of the build's folder has reached the disk. */
  #isFolderSynced = false;

  constructor(path: string, build: StoredBuild) {
    this.#path = path;
    this.#build = build;
  }

  /** Resolves when this change is on disk. */
  update(change: Partial<StoredBuild>): Promise<void> {
    this.#build = { ...this.#build, ...change };
    return this.#writer.write();
  }

  /** Resolves when the state is on disk. Later changes are ignored. */
  async close(): Promise<void> {
    await this.#writer.idle();
    this.#isClosed = true;
  }

  async #write(): Promise<void> {
    if (this.#isClosed) return;
    const folder = dirname(this.#path);
    await createFolder(folder);
    await replaceFile(this.#path, `${JSON.stringify(this.#build)}\n`);
    if (!this.#isFolderSynced) await syncDirectory(dirname(folder));
    this.#isFolderSynced = true;
  }
}

/** @throws {Error} When other users could have created or changed one of the paths. */
async function checkOwnership(...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const problem = await ownershipProblem(path);
    if (problem !== undefined) throw new Error(`Cannot use ${path}: ${problem}`);
  }
}

function checkStored(value: unknown, id: string): StoredBuild {
  const stored = value as StoredBuild;
  const { record } = stored;
  if (record.id !== id || !buildStatuses.includes(record.status) || !Array.isArray(record.steps)) {
    throw new Error("it is not the state of this build");
  }
  // Only these: other properties, such as the plan that earlier versions stored, are dropped by the next write.
  return { record: completeRecord(record), cookie: stored.cookie ?? null, identity: stored.identity ?? null };
}
