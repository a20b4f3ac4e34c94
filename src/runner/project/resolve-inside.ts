import { realpath } from "node:fs/promises";
import { sep } from "node:path";

/** Whether a path is a directory or lies below it. Without the separator, `/srv/app2` would lie inside `/srv/app`. */
export function isInside(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/**
 * Follows the symbolic links in the path of a file, as long as they stay below an allowed root: an error message may
 * quote the file, and must not quote another one.
 *
 * @param root - Absolute, without symbolic links.
 * @throws The file system's error, e.g. with the code `ENOENT`, or a sentence when a link leads elsewhere.
 */
export async function resolveInside(path: string, root: string): Promise<string> {
  const real = await realpath(path);
  if (isInside(real, root)) return real;
  throw new Error("it is a symbolic link that leads out of the allowed root");
}
