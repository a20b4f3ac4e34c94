import { access, constants, lstat, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { TailcastError } from "../../error.ts";
import { createFolder } from "../../create-folder.ts";

const LINK = "symbolic link";

/** The permission bits that let other users write. */
const WRITABLE_BY_OTHERS = 0o022;

/** The permission bit that lets everybody write, and the one that keeps them from renaming the files of others. */
const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;

/**
 * Creates a folder that only its owner may use, or checks one that exists: other users could plant builds in it, or
 * links that redirect writes.
 *
 * @param path - An absolute path.
 * @throws {TailcastError} `UNSAFE_DATA` when it is a link or not a folder, belongs to another user, or is writable by
 * other users; also when everybody may write to a folder above it, and so put another folder in its place. The error of
 * the system when this process cannot write to it.
 */
export async function openDataFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() === true) {
    const isDangling = (await stat(path).catch(() => undefined)) === undefined;
    throw unsafe(path, isDangling ? `it is a broken ${LINK}` : `it is a ${LINK}; name the folder that it leads to`);
  }
  if (found?.isDirectory() === false) throw unsafe(path, "it is not a folder; choose another path");
  await createFolder(path);
  const problem = await ownershipProblem(path);
  if (problem !== undefined) throw unsafe(path, problem);
  // Windows has neither users nor modes of this kind.
  if (process.geteuid === undefined) return;
  // Otherwise only the first build would show that nothing can be stored.
  await access(path, constants.W_OK | constants.X_OK);
  for (let parent = dirname(await realpath(path)); ; parent = dirname(parent)) {
    const { mode } = await lstat(parent);
    if ((mode & WRITABLE_BY_ALL) !== 0 && (mode & STICKY) === 0) {
      throw unsafe(path, `everybody may write to ${parent}, and so replace it; choose another folder`);
    }
    if (parent === dirname(parent)) return;
  }
}

/**
 * Returns why other users could have created or changed a file or a folder; `undefined` when they could not, or when it
 * does not exist.
 */
export async function ownershipProblem(path: string): Promise<string | undefined> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) return undefined;
  if (status.isSymbolicLink()) return `it is a ${LINK}`;
  if (!status.isFile() && !status.isDirectory()) return "it is not a regular file";
  if (process.geteuid === undefined) return undefined;
  if (status.uid !== process.geteuid()) return "it belongs to another user; choose another folder";
  if ((status.mode & WRITABLE_BY_OTHERS) === 0) return undefined;
  return "other users may write to it; run chmod go-w on it, if you trust its content";
}

function unsafe(path: string, reason: string): TailcastError {
  return new TailcastError("UNSAFE_DATA", `Cannot use ${path}: ${reason}`);
}
