import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Replaces a file so that whoever opens it, now or after a crash or a power cut, finds either the old content or the new
 * one, whole. Only its owner may read it.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncDirectory(dirname(path));
}

/** Makes what was created or renamed in a directory survive a power cut, where the system can do that. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } catch (error) {
    // Some file systems cannot sync a directory.
    if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
  } finally {
    await directory.close();
  }
}
