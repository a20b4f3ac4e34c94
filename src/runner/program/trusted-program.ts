import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Stats } from "node:fs";

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;

/**
 * Returns why other users could have put a program in its place, as the second half of a sentence; `undefined` when
 * they could not. The program and every folder above it must belong to this user or to root, and no other user may
 * write to them.
 *
 * @param path - Absolute. Symbolic links are followed.
 */
export async function trustProblem(path: string): Promise<string | undefined> {
  // Windows has neither users nor modes of this kind.
  if (process.geteuid === undefined) return undefined;
  try {
    for (let current = await realpath(path); ; current = dirname(current)) {
      const status = await stat(current);
      if (status.uid !== 0 && status.uid !== process.geteuid()) return `${current} belongs to another user`;
      if (isWritableByOthers(status)) return `other users may write to ${current}`;
      if (current === dirname(current)) return undefined;
    }
  } catch (error) {
    return `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}

/**
 * Where each user has a group, which has the same number and no other members, its right to write does not count: many
 * systems give it by default. In a sticky folder such as `/tmp`, nobody can replace the files of others.
 */
function isWritableByOthers({ mode, uid, gid }: Stats): boolean {
  if ((mode & STICKY) !== 0) return false;
  return (mode & WRITABLE_BY_ALL) !== 0 || ((mode & WRITABLE_BY_GROUP) !== 0 && gid !== uid);
}
