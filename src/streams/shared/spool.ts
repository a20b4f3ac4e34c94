import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogSource } from "../search/log-pieces.ts";

/** A copy of a log in a private folder, for the thread of a search, which reads files. */
export interface Spool {
  readonly source: LogSource;
  /** Removes the copy. */
  remove(): Promise<void>;
}

/**
 * Copies a log to a file, so that a search of a large log needs no memory.
 *
 * @param pieces - Whole events.
 * @param start - See `LogSource`.
 */
export async function spoolLog(pieces: AsyncIterable<Uint8Array>, epoch: string, start: number): Promise<Spool> {
  const folder = await mkdtemp(join(tmpdir(), "tailcast-search-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "log");
    const file = await open(path, "wx", 0o600);
    let size = 0;
    try {
      for await (const piece of pieces) {
        await file.writeFile(piece);
        size += piece.length;
      }
    } finally {
      await file.close();
    }
    return { source: { path, epoch, size, start }, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
