import { realpath, stat } from "node:fs/promises";

/** The identity of a directory at one moment. Plain JSON. */
export interface DirectoryPin {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly device: string;
  readonly inode: string;
}

/** Records which directories these paths lead to, each once. Rejects when a path leads nowhere. */
export async function pinDirectories(paths: readonly string[]): Promise<readonly DirectoryPin[]> {
  return Promise.all([...new Set(paths)].map(pin));
}

/**
 * Describes the first path that no longer leads to the same directory; `undefined` when all still do. A path that was
 * replaced by a link could lead out of the allowed roots, and a plan fits only the directory that it was made for.
 */
export async function pinProblem(pins: readonly DirectoryPin[]): Promise<string | undefined> {
  for (const { path, device, inode } of pins) {
    try {
      const now = await pin(path);
      const isSame = (await realpath(path)) === path && now.device === device && now.inode === inode;
      if (!isSame) return `${path} is another directory than when the build was accepted; build it again`;
    } catch (error) {
      return `${path} no longer exists (${(error as Error).message})`;
    }
  }
  return undefined;
}

async function pin(path: string): Promise<DirectoryPin> {
  // As strings: the numbers of some file systems do not fit into a JavaScript number.
  const { dev, ino } = await stat(path, { bigint: true });
  return { path, device: String(dev), inode: String(ino) };
}
