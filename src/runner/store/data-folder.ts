import { lstat } from "node:fs/promises";
import { TailcastError } from "../../error.ts";
import { createFolder } from "../../create-folder.ts";

/** The permission bits that let other users write. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Creates a folder that only its owner may use, or checks one that exists: other users could plant builds in it, or
 * links that redirect writes.
 *
 * @throws {TailcastError} `UNSAFE_DATA` when it is a link, belongs to another user, or is writable by other users.
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
}

function unsafe(path: string, reason: string): TailcastError {
  return new TailcastError("UNSAFE_DATA", `Cannot use ${path}: ${reason}`);
}
