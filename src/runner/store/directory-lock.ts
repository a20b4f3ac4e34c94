import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TailcastError } from "../../error.ts";
import { exists, identify } from "../process/identity.ts";
import type { ProcessIdentity } from "../process/identity.ts";

/**
 * Keeps two servers from using the same folder: a file in it that names the process. One that was left by a process that
 * is gone does not count, so a server that was killed can be started again at once.
 */
export class DirectoryLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws {TailcastError} `DATA_IN_USE` when a process that runs has the lock. */
  static async take(directory: string): Promise<DirectoryLock> {
    const path = join(directory, "lock");
    const mark = `${path}-${randomBytes(8).toString("hex")}`;
    await writeFile(mark, JSON.stringify(identify(process.pid) ?? { pid: process.pid }), { mode: 0o600, flag: "wx" });
    try {
      // Linked, so that it is there whole, and only if there is none: of two processes only one gets it.
      while (!(await isLinked(mark, path))) await removeStale(directory, path);
      return new DirectoryLock(path);
    } finally {
      await rm(mark, { force: true });
    }
  }

  async free(): Promise<void> {
    // One that stays does not count once this process is gone.
    await rm(this.#path, { force: true }).catch(() => undefined);
  }
}

type Owner = Pick<ProcessIdentity, "pid"> & Partial<ProcessIdentity>;

async function isLinked(mark: string, path: string): Promise<boolean> {
  try {
    await link(mark, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  }
}

/** Takes away a lock whose process is gone. */
async function removeStale(directory: string, path: string): Promise<void> {
  const seen = await readIfThere(path);
  const owner = readOwner(seen);
  if (owner !== undefined && isAlive(owner)) {
    const message = `Cannot use ${directory}: the process ${owner.pid} does already; give each server its own`;
    throw new TailcastError("DATA_IN_USE", message);
  }
  const moved = `${path}-${randomBytes(8).toString("hex")}`;
  await rename(path, moved).catch(() => undefined);
  // Another process may have been quicker, and this is its new lock.
  if ((await readIfThere(moved)) !== seen) await link(moved, path).catch(() => undefined);
  await rm(moved, { force: true });
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

function readOwner(text: string | undefined): Owner | undefined {
  try {
    const owner = JSON.parse(text ?? "") as Owner;
    return Number.isSafeInteger(owner.pid) && owner.pid > 0 ? owner : undefined;
  } catch {
    // Not one of ours.
    return undefined;
  }
}

function isAlive({ pid, startTime, bootId }: Owner): boolean {
  if (startTime !== undefined && bootId !== undefined) return exists({ pid, startTime, bootId });
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
