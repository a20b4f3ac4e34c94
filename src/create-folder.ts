import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates a folder and its missing parents, with access only for the user. It does not use `mkdir` with `recursive`,
 * which never ends below `/proc`.
 *
 * @throws The error of the system when a folder cannot be created.
 */
export async function createFolder(path: string): Promise<void> {
  if ((await createOne(path)) === undefined) return;
  const parent = dirname(path);
  if (!(await isFolder(parent))) await createFolder(parent);
  // The parent exists now; another process may have created it. If it still seems to be missing, this file system does
  // not allow folders with this name.
  const failure = await createOne(path);
  if (failure !== undefined) throw failure;
}

/** Creates a folder. Returns the error if its parent is missing. */
async function createOne(path: string): Promise<Error | undefined> {
  try {
    await mkdir(path, { mode: 0o700 });
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return error as Error;
    if (code === "EEXIST" && (await isFolder(path))) return undefined;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
