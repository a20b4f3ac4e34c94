import { constants } from "node:fs";
import { lstat, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { OPENED, checkOpened, checkValue, kinds } from "../../check-options.ts";
import { createFolder } from "../../create-folder.ts";
import { TailcastError } from "../../error.ts";
import { checkEpoch } from "../settings.ts";
import { EventFile } from "./event-file.ts";
import { claimFile, closeFile } from "./history-claims.ts";
import { SharedFile } from "./piece-cache.ts";
import type { FileHandle } from "node:fs/promises";
import type { ChannelHistory, HistoryPiece, HistoryReader } from "./history.ts";
import type { FilePieces } from "./piece-cache.ts";

/**
 * A log in a file. The file contains exactly the bytes that clients receive. One process writes it, and any number of
 * processes may read it. `FileHistory` refuses a second writer in the same process. It stores no event when another
 * process has stored some, but two processes that store at the same moment overwrite each other's events. So the
 * application must ensure that no other process writes the file.
 *
 * Other code must not move, replace or shorten the file while it is open. `append`, `sync` and `close` reject when the
 * path no longer leads to the open file, or the file was shortened; `close` checks this only if events were stored
 * after the last `sync`.
 */
export class FileHistory implements ChannelHistory {
  readonly epoch: string;
  readonly #path: string;
  readonly #shared: SharedFile;
  #writer: Promise<FileHandle> | undefined;
  #end: number;
  #size: number;
  /** The inode of the open file. It differs from that of another file at the same path. */
  #inode: bigint | undefined;
  /** Whether events were written after the last check of the file. */
  #isUnchecked = false;
  /** Whether a write has failed and could not be undone, so that the file may be longer than `#size`. */
  #mayBeLonger = false;
  #failure: Error | undefined;

  private constructor(
    key: typeof OPENED,
    path: string,
    epoch: string,
    writer: Promise<FileHandle> | undefined,
    end: number,
    size: number,
  ) {
    checkOpened(key, "FileHistory.open()");
    this.epoch = epoch;
    // The working directory of the process may change.
    this.#path = resolve(path);
    this.#writer = writer;
    this.#end = end;
    this.#size = size;
    this.#shared = new SharedFile(this.#path, epoch);
  }

  /**
   * Starts a new log and returns immediately. An error about its file or folder is reported when the first event is
   * stored.
   *
   * @param epoch - The epoch of the ids in it.
   * @throws {TailcastError} `INVALID_OPTION`
   */
  static create(path: string, epoch: string): FileHistory {
    checkLog(path, epoch);
    const writer = createFolder(dirname(path)).then(() => createLog(path));
    writer.catch(() => undefined);
    return new FileHistory(OPENED, path, epoch, writer, 1, 0);
  }

  /**
   * Opens a log to continue it, or creates one that only its owner may read. A process that was killed during a write
   * leaves an incomplete last event. This function removes it: without its blank line it is not an event (HTML 9.2.6).
   *
   * @param epoch - The epoch of the ids in it: 1 to 128 letters, digits or `. _ ~ -`.
   * @throws {TailcastError} `INVALID_OPTION`; `INVALID_HISTORY` when the file contains something else, or is a symbolic
   * link; `HISTORY_IN_USE` while a history of this process writes the file. The file is unchanged then.
   */
  static async open(path: string, epoch: string): Promise<FileHistory> {
    checkLog(path, epoch);
    // Not "a": each write has a position, so that the next write can overwrite a failed one.
    const handle = await openLog(path, constants.O_RDWR | constants.O_CREAT);
    try {
      // Claim the file before truncating it: another writer in this process may not have completed its last event.
      await claimFile(handle, path);
      const { size } = await handle.stat();
      const last = await new EventFile(handle, epoch).findLast(size);
      const end = last?.end ?? 0;
      if (last === undefined && !(await couldBegin(handle, epoch))) {
        throw new TailcastError("INVALID_HISTORY", `Cannot continue ${path}: it is not the log "${epoch}"`);
      }
      if (end < size) await handle.truncate(end);
      return new FileHistory(OPENED, path, epoch, Promise.resolve(handle), (last?.sequence ?? 0) + 1, end);
    } catch (error) {
      await closeFile(handle);
      throw error;
    }
  }

  /**
   * Opens a complete log for reading. Bytes after the last whole event are ignored.
   *
   * @throws {TailcastError} `INVALID_OPTION`; `INVALID_HISTORY` when the file has no event of this log, or is a
   * symbolic link.
   */
  static async openToRead(path: string, epoch: string): Promise<FileHistory> {
    checkLog(path, epoch);
    const handle = await openLog(path, constants.O_RDONLY);
    try {
      const last = await new EventFile(handle, epoch).findLast((await handle.stat()).size);
      if (last !== undefined) return new FileHistory(OPENED, path, epoch, undefined, last.sequence + 1, last.end);
      throw new TailcastError("INVALID_HISTORY", `Cannot read ${path}: it is not the log "${epoch}"`);
    } finally {
      await handle.close();
    }
  }

  get end(): number {
    return this.#end;
  }

  /** Its size in bytes. */
  get size(): number {
    return this.#size;
  }

  /** The reason why events could not be stored. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  async append(pieces: readonly Buffer[], next: number): Promise<void> {
    try {
      const writer = await this.#openWriter();
      // Check before the write: a write restores the size of a file that was cut short.
      const size = await this.#checkFile(writer);
      if (size > this.#size && !this.#mayBeLonger) {
        const reason = "another process has written it; let one process write a file at a time";
        throw new TailcastError("HISTORY_IN_USE", `Cannot write to ${this.#path}: ${reason}`);
      }
      await this.#write(pieces, writer);
      this.#isUnchecked = true;
      this.#end = next;
    } catch (error) {
      this.#failure = error as Error;
      throw error;
    }
  }

  async #write(pieces: readonly Buffer[], writer: FileHandle): Promise<void> {
    const start = this.#size;
    try {
      const total = pieces.reduce((sum, { length }) => sum + length, 0);
      let { bytesWritten } = await writer.writev(pieces, start);
      // One write usually stores all bytes, unless the disk is nearly full.
      while (bytesWritten < total) {
        const rest = Buffer.concat(pieces).subarray(bytesWritten);
        bytesWritten += (await writer.write(rest, 0, rest.length, start + bytesWritten)).bytesWritten;
      }
      this.#size = start + total;
    } catch (error) {
      // The disk may be full. The next start removes an incomplete event, but not the whole events before it, which the
      // channel reports as not stored.
      await writer.truncate(start).catch(() => (this.#mayBeLonger = true));
      throw error;
    }
  }

  /** Resolves when all appended events are on disk and survive a power cut. */
  async sync(): Promise<void> {
    const writer = await this.#openWriter();
    await writer.datasync();
    await this.#checkFile(writer);
    this.#isUnchecked = false;
  }

  /**
   * Closes the file when all appended events are on disk. The log can still be read.
   *
   * @throws The error of the disk, or an error because the file was deleted, replaced or cut short. The file is closed
   * in this case as well.
   */
  async close(): Promise<void> {
    const opening = this.#writer;
    this.#writer = undefined;
    const writer = await opening?.catch(() => undefined);
    if (writer === undefined) return;
    try {
      await writer.datasync();
      if (this.#isUnchecked) await this.#checkFile(writer);
    } finally {
      await closeFile(writer);
    }
  }

  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  read(sequence: number): HistoryReader {
    let pieces: FilePieces | undefined;
    let position: number | undefined;
    const next = async (): Promise<HistoryPiece> => {
      pieces ??= this.#shared.acquire();
      position ??= await pieces.find(sequence, this.#size);
      const piece = await pieces.read(position, this.#size);
      position = piece.end;
      return piece;
    };
    const close = (): void => {
      if (pieces !== undefined) this.#shared.release();
    };
    return { next, close };
  }

  /**
   * Checks the path of the file, and returns its size. A write to a deleted file succeeds, but its events cannot be
   * read later.
   */
  async #checkFile(writer: FileHandle): Promise<bigint> {
    this.#inode ??= (await writer.stat({ bigint: true })).ino;
    // A write may end during the check, after the file was measured.
    const stored = this.#size;
    const { ino, size } = await lstat(this.#path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? new Error("the file of the log was deleted", { cause: error }) : error;
    });
    if (ino !== this.#inode) throw new Error("the file of the log was replaced");
    if (size < stored) throw new Error("the file of the log was cut short");
    return size;
  }

  async #openWriter(): Promise<FileHandle> {
    if (this.#writer !== undefined) return this.#writer;
    throw new TailcastError("CHANNEL_CLOSED", `Cannot write to ${this.#path}: it was closed`);
  }
}

/** Opens the file of a log, but not through a symbolic link: an attacker's link could lead to any file. */
async function openLog(path: string, flags: number): Promise<FileHandle> {
  // O_NONBLOCK: opening a named pipe does not wait for a writer.
  const safeFlags = flags | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, safeFlags, 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ELOOP") throw error;
    throw new TailcastError("INVALID_HISTORY", `Cannot open ${path}: it is a symbolic link`, { cause: error });
  });
  if ((await handle.stat()).isFile()) return handle;
  await closeFile(handle);
  throw new TailcastError("INVALID_HISTORY", `Cannot open ${path}: it is not a regular file`);
}

/** Creates the file of a new log. */
async function createLog(path: string): Promise<FileHandle> {
  const handle = await open(path, "wx", 0o600);
  try {
    await claimFile(handle, path);
    return handle;
  } catch (error) {
    await closeFile(handle);
    throw error;
  }
}

function checkLog(path: string, epoch: string): void {
  checkValue("path", path, kinds.filledText);
  checkEpoch("epoch", epoch);
}

/** Whether a file without a whole event is empty, or contains the start of a log's first event. */
async function couldBegin(handle: FileHandle, epoch: string): Promise<boolean> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
  const text = buffer.toString("latin1", 0, bytesRead);
  const id = /^id: (.*)$/m.exec(text)?.[1];
  if (text.includes("\n\n")) return false;
  if (id !== undefined) return `${epoch}-1`.startsWith(id);
  return ["event: ", "id: ", "retry: ", ": "].some((field) => text.startsWith(field) || field.startsWith(text));
}
