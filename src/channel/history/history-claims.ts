import { TailcastError, invalidOption } from "../../error.ts";
import type { FileHandle } from "node:fs/promises";
import type { ChannelHistory } from "./history.ts";

/** The histories of all channels that are not closed. */
const claimed = new WeakSet<ChannelHistory>();

/**
 * The device and inode of each file that a history of this process writes. Paths do not suffice: several paths can lead
 * to one file.
 */
const claimedFiles = new Set<string>();
const fileKeys = new WeakMap<FileHandle, string>();

/** Whether an open channel uses this history. */
export function isClaimed(history: ChannelHistory): boolean {
  return claimed.has(history);
}

/**
 * Claims a history for one channel. Two channels would use the same ids for different events.
 *
 * @throws {TailcastError} `INVALID_OPTION` while another channel uses it.
 */
export function claimHistory(history: ChannelHistory): void {
  if (isClaimed(history)) {
    throw invalidOption("history", "another channel uses it; close that channel first, or publish to it");
  }
  claimed.add(history);
}

/** Closes the history of a closed channel, if it has one, and releases it. Never rejects. */
export async function closeHistory(
  history: ChannelHistory | undefined,
  onFailure: (error: unknown) => void,
): Promise<void> {
  if (history === undefined) return;
  try {
    await history.close?.();
  } catch (error) {
    onFailure(error);
  } finally {
    claimed.delete(history);
  }
}

/**
 * Claims an open file for its only writer in this process.
 *
 * @throws {TailcastError} `HISTORY_IN_USE` when another history of this process writes it.
 */
export async function claimFile(file: FileHandle, path: string): Promise<void> {
  const { dev, ino } = await file.stat({ bigint: true });
  const key = `${dev}:${ino}`;
  if (claimedFiles.has(key)) {
    throw new TailcastError("HISTORY_IN_USE", `Cannot open ${path}: this process writes it already; close it first`);
  }
  claimedFiles.add(key);
  fileKeys.set(file, key);
}

/** Closes a file, and releases it if it was claimed. */
export async function closeFile(file: FileHandle): Promise<void> {
  try {
    await file.close();
  } finally {
    const key = fileKeys.get(file);
    fileKeys.delete(file);
    if (key !== undefined) claimedFiles.delete(key);
  }
}
