import { realpath, stat } from "node:fs/promises";

/** A directory, as it was when somebody looked at it. Plain JSON. */
export interface DirectoryPin {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly device: string;
  readonly inode: string;
}

/** Remembers which directories these paths lead to, each once. Rejects when one leads nowhere. */
export async function pinDirectories(paths: readonly string[]): Promise<readonly DirectoryPin[]> {
  return Promise.all([...new Set(paths)].map(pin));
}

/**
 * Says, as a sentence, which path does not lead to the same directory any more; `undefined` when all do. A path that
 * was replaced by a link could lead out of the allowed roots, and a plan fits only the directory it was made for.
 */
export async function pinProblem(pins: readonly DirectoryPin[]): Promise<string | undefined> {
  for (const { path, device, inode } of pins) {
    try {
      const now = await pin(path);
      const isSame = (await realpath(path)) === path && now.device === device && now.inode === inode;
      if (!isSame) return `${path} is another directory than when the build was accepted; build it again`;
    } catch (error) {
      return `${path} cannot be found any more (${(error as Error).message})`;
    }
  }
  return undefined;
}

async function pin(path: string): Promise<DirectoryPin> {
  // As texts: the numbers of some file systems do not fit into a number of JavaScript.
  const { dev, ino } = await stat(path, { bigint: true });
  return { path, device: String(dev), inode: String(ino) };
}
