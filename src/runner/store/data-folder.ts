import { lstat, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { TailcastError } from "../../error.ts";
import { createFolder } from "../../create-folder.ts";

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
 * @throws {TailcastError} `UNSAFE_DATA` when it is a link, belongs to another user, or is writable by other users; also
 * when everybody may write to a folder above it, and so put another folder in its place.
 */
export async function openDataFolder(path: string): Promise<void> {
  await createFolder(path);
  const status = await lstat(path);
  if (status.isSymbolicLink()) throw unsafe(path, "it is a symbolic link; name the folder that it leads to");
  // Windows has neither users nor modes of this kind.
  if (process.geteuid === undefined) return;
  if (status.uid !== process.geteuid()) throw unsafe(path, "it belongs to another user; choose another folder");
  if ((status.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw unsafe(path, "other users may write to it; run chmod go-w on it, if you trust its content");
  }
  for (let parent = dirname(await realpath(path)); ; parent = dirname(parent)) {
    const { mode } = await lstat(parent);
    if ((mode & WRITABLE_BY_ALL) !== 0 && (mode & STICKY) === 0) {
      throw unsafe(path, `everybody may write to ${parent}, and so replace it; choose another folder`);
    }
    if (parent === dirname(parent)) return;
  }
}

function unsafe(path: string, reason: string): TailcastError {
  return new TailcastError("UNSAFE_DATA", `Cannot use ${path}: ${reason}`);
}
