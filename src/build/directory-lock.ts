import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { TailcastError } from "../error.ts";
import { exists, identify } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

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
    const owner = await readOwner(path);
    if (owner !== undefined && isAlive(owner)) {
      const message = `Cannot use ${directory}: the process ${owner.pid} does already; give each server its own`;
      throw new TailcastError("DATA_IN_USE", message);
    }
    await rm(path, { force: true });
    try {
      // Exclusively: of two that found it free only one gets it.
      const file = await open(path, "wx", 0o600);
      await file.writeFile(JSON.stringify(identify(process.pid) ?? { pid: process.pid }));
      await file.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      throw new TailcastError("DATA_IN_USE", `Cannot use ${directory}: another process has just begun to`);
    }
    return new DirectoryLock(path);
  }

  async free(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

type Owner = Pick<ProcessIdentity, "pid"> & Partial<ProcessIdentity>;

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const owner = JSON.parse(await readFile(path, "utf8")) as Owner;
    return Number.isSafeInteger(owner.pid) && owner.pid > 0 ? owner : undefined;
  } catch {
    // There is none, or its process was killed while it wrote it.
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
