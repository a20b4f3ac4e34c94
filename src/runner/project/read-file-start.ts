import { constants } from "node:fs";
import { open } from "node:fs/promises";

/**
 * Reads at most the first `maxBytes` bytes of a regular file; `undefined` when the path leads to something else.
 * Symbolic links are not followed: an error message may quote the file, and must not quote another one.
 *
 * @throws The file system's error, e.g. with the code `ENOENT`.
 */
export async function readStart(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
  let file;
  try {
    // Opened first and checked afterwards, so that the checked file is the one that is read. O_NONBLOCK: opening a
    // named pipe does not wait for a writer.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const status = await file.stat();
    if (!status.isFile()) return undefined;
    const buffer = new Uint8Array(Math.min(status.size, maxBytes));
    const { bytesRead } = await file.read(buffer);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ELOOP") return undefined;
    throw error;
  } finally {
    await file?.close();
  }
}
