import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PREFIX = "tailcast-build-";

/** A folder that is older than this, in milliseconds, is abandoned if its process has ended. */
const STALE_AGE = 24 * 60 * 60_000;

/** The folders of temporary files that this process has searched for abandoned folders. */
const searched = new Set<string>();

/** The folders of one build, outside of its project. */
export class PrivateFolders {
  readonly #made: Promise<string>[] = [];
  #isClosed = false;

  /**
   * Makes an empty folder. Its name is random, and only this user may enter it. The first call of this process also
   * removes folders of this user that killed servers have left behind. Rejects after {@link remove}.
   */
  make(): Promise<string> {
    if (this.#isClosed) return Promise.reject(new Error("Cannot make a folder: the build has ended"));
    const made = makeFolder();
    this.#made.push(made);
    return made;
  }

  /** Removes the folders with everything in them. Never rejects: a build must end, and a later server tries again. */
  async remove(): Promise<void> {
    this.#isClosed = true;
    for (const folder of this.#made) await folder.then(removeFolder).catch(() => undefined);
  }
}

async function makeFolder(): Promise<string> {
  const parent = tmpdir();
  if (!searched.has(parent)) {
    searched.add(parent);
    await removeStale(parent).catch(() => undefined);
  }
  return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

async function removeStale(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const pid = /^\d+(?=-)/.exec(name.slice(PREFIX.length))?.[0];
    if (!name.startsWith(PREFIX) || pid === undefined || isAlive(Number(pid))) continue;
    const path = join(parent, name);
    const status = await lstat(path).catch(() => undefined);
    const isOwn = status !== undefined && status.isDirectory() && status.uid === process.getuid?.();
    if (isOwn && Date.now() - status.mtimeMs > STALE_AGE) await removeFolder(path);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
