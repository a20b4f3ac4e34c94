import { rmdirSync, unlinkSync } from "node:fs";
import { lstat, mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attempt } from "../attempt.ts";

const PREFIX = "tailcast-pipe-";

/** A folder exists for some milliseconds. One that is older than this, in milliseconds, was left behind. */
const STALE_AGE = 60_000;

/** The maximum number of pipes of a command. */
const MAX_PIPES = 2;

/** The folders of temporary files that were searched for folders that were left behind. */
const searched = new Set<string>();

/** A new folder in which the pipes of a command get their names. Only this user may enter it. */
export class PipeFolder {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /**
   * Makes a folder. The first one also removes folders that a process has left behind, because it was killed in the
   * milliseconds before {@link remove}.
   */
  static async make(): Promise<PipeFolder> {
    const parent = tmpdir();
    const folder = new PipeFolder(await mkdtemp(join(parent, PREFIX)));
    if (!searched.has(parent)) {
      searched.add(parent);
      await PipeFolder.#removeStale(parent).catch(() => undefined);
    }
    return folder;
  }

  /** The paths of this number of pipes, at most two. */
  paths(count: number): string[] {
    return Array.from({ length: count }, (_, index) => join(this.#path, String(index)));
  }

  /** Removes the folder and the names of the pipes in it. Pipes that are open stay usable. */
  remove(): void {
    for (const path of this.paths(MAX_PIPES)) attempt(() => unlinkSync(path));
    attempt(() => rmdirSync(this.#path));
  }

  /** Removes the folders of this user that were left behind. */
  static async #removeStale(parent: string): Promise<void> {
    for (const name of await readdir(parent)) {
      if (!name.startsWith(PREFIX)) continue;
      const path = join(parent, name);
      const { uid, mtimeMs = Infinity } = (await lstat(path).catch(() => undefined)) ?? {};
      if (uid === process.getuid?.() && Date.now() - mtimeMs > STALE_AGE) new PipeFolder(path).remove();
    }
  }
}
