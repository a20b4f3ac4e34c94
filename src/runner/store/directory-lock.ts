import { randomBytes } from "node:crypto";
import { link, lstat, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TailcastError } from "../../error.ts";
import { exists, identify } from "../process/identity.ts";
import { readStart } from "../project/read-file-start.ts";
import type { ProcessIdentity } from "../process/identity.ts";

/** The maximum size of a lock, in bytes. */
const MAX_BYTES = 4096;

/**
 * Keeps two servers from using the same folder: a file in it identifies the process. A lock whose process is gone does
 * not count, so a server that was killed can be restarted immediately.
 */
export class DirectoryLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws {TailcastError} `DATA_IN_USE` when another running process holds the lock. */
  static async acquire(directory: string): Promise<DirectoryLock> {
    const path = join(directory, "lock");
    const mark = `${path}-${randomBytes(8).toString("hex")}`;
    await writeFile(mark, JSON.stringify(identify(process.pid) ?? { pid: process.pid }), { mode: 0o600, flag: "wx" });
    try {
      // A link appears with its whole content, and only if no lock exists: one of two processes succeeds.
      while (!(await isLinked(mark, path))) await removeStale(directory, path);
      return new DirectoryLock(path);
    } finally {
      await rm(mark, { force: true });
    }
  }

  async release(): Promise<void> {
    // If this fails, the lock does not count once this process is gone.
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

/** Removes a lock whose process is gone. */
async function removeStale(directory: string, path: string): Promise<void> {
  const seen = await readIfThere(path);
  const owner = readOwner(seen);
  if (owner !== undefined && isAlive(owner)) {
    const message = `Cannot use ${directory}: process ${owner.pid} is using it; give each server its own folder`;
    throw new TailcastError("DATA_IN_USE", message);
  }
  if ((await lstat(path).catch(() => undefined))?.isDirectory() === true) {
    throw new TailcastError("UNSAFE_DATA", `Cannot use ${directory}: "lock" in it is a folder; choose another folder`);
  }
  if (isForeign(seen)) {
    const reason = `"lock" in it was not made by a build server`;
    throw new TailcastError("UNSAFE_DATA", `Cannot use ${directory}: ${reason}; choose another folder`);
  }
  const moved = `${path}-${randomBytes(8).toString("hex")}`;
  await rename(path, moved).catch(() => undefined);
  // If another process was faster, this is its new lock.
  if ((await readIfThere(moved)) !== seen) await link(moved, path).catch(() => undefined);
  await rm(moved, { force: true });
}

async function readIfThere(path: string): Promise<string | undefined> {
  // It follows no link, and does not wait for the writer of a named pipe.
  const bytes = await readStart(path, MAX_BYTES).catch(() => undefined);
  return bytes && Buffer.from(bytes).toString();
}

function readOwner(text: string | undefined): Owner | undefined {
  try {
    const owner = JSON.parse(text ?? "") as Owner;
    return Number.isSafeInteger(owner.pid) && owner.pid > 0 ? owner : undefined;
  } catch {
    // Not written by this class.
    return undefined;
  }
}

/** Whether a lock was written by another program. A lock can be empty, or full of NUL, after a loss of power. */
function isForeign(text = ""): boolean {
  if (/^\0*$/.test(text)) return false;
  try {
    const owner: unknown = JSON.parse(text);
    return typeof owner !== "object" || owner === null;
  } catch {
    return true;
  }
}

function isAlive({ pid, startTime, bootId }: Owner): boolean {
  if (startTime !== undefined && bootId !== undefined) return exists({ pid, startTime, bootId });
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // The process belongs to another user.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
