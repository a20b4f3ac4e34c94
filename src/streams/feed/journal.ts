import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, rm } from "node:fs/promises";
import { replaceFile } from "../../runner/store/atomic-file.ts";
import { bootId } from "../../runner/process/identity.ts";
import { isBuildId } from "../../runner/build-id.ts";
import { readStart } from "../../runner/project/read-file-start.ts";
import { isEpoch } from "../../protocol/sequence-id.ts";
import { FeedRanges } from "./ranges.ts";
import type { FileHandle } from "node:fs/promises";
import type { FeedRange } from "./ranges.ts";

/**
 * The maximum number of ranges. Above it, the oldest quarter is removed. Builds that print lines alternately create one
 * range for each line.
 */
const MAX_RANGES = 65_536;

/** The columns of a range in the file: the build's id, a mark, the first event and the number of events. */
const NUMBER_LENGTH = 15;
const RECORD_LENGTH = 16 + 1 + NUMBER_LENGTH + 1 + NUMBER_LENGTH + 1;

/** The first line of the file, as JSON. */
interface Head {
  readonly epoch: string;
  /** The sequence number of the first event in the ranges after this line. */
  readonly start: number;
  /** The id of the boot during which the file was written; `null` after the file was closed. */
  readonly bootId: string | null;
}

/** Events to add to the feed. */
export type FeedAddition = Pick<FeedRange, "buildId" | "first" | "count"> & Partial<Pick<FeedRange, "isShared">>;

/** The builds whose logs have no `end` event, and whether a command of them has started. */
export type UnfinishedBuilds = ReadonlyMap<string, "queued" | "running">;

/**
 * The feed on disk. A small file lists the events of the builds' logs that the feed consists of, so that every id
 * refers to the same event after a restart. The text of the events is only in the logs.
 *
 * ```text
 * {"epoch":"q3Jx8k","start":1,"bootId":"…"}
 * 0mwsa477kj5bo0ek               1             257
 * 0mwsa47c01zx9yq2*              1              12
 * ```
 *
 * An asterisk marks events that happened while more than one build was running.
 *
 * The file remains valid after any end of the process, but not after a power cut: then a new epoch starts, and clients
 * that reconnect receive a `gap`.
 */
export class FeedJournal {
  readonly epoch: string;
  readonly ranges: FeedRanges;
  /** The builds that an earlier process has left running. */
  readonly running: readonly string[];
  readonly #path: string;
  #file: FileHandle | undefined;
  /** The position of the ranges in the file, and the number of removed ranges before them. */
  #base = 0;
  #skipped = 0;
  #storedEnd: number;
  #closing: Promise<void> | undefined;

  private constructor(path: string, epoch: string, ranges: FeedRanges, unfinished: UnfinishedBuilds) {
    this.#path = path;
    this.epoch = epoch;
    this.ranges = ranges;
    this.running = [...unfinished.keys()].filter((id) => unfinished.get(id) === "running");
    this.#storedEnd = ranges.end;
  }

  /**
   * Continues the feed of an earlier process, and adds the events of the logs that it lacks. Starts a new feed after
   * those events when the file is missing, unreliable or a link.
   *
   * @param logs - The number of events in each stored log, the oldest build first; `Infinity` for a log that cannot be
   * read now.
   * @param unfinished - The builds that have not ended.
   */
  static async open(
    path: string,
    logs: ReadonlyMap<string, number>,
    unfinished: UnfinishedBuilds = new Map(),
  ): Promise<FeedJournal> {
    const bytes = await readStart(path, Infinity).catch(() => undefined);
    const found = parse(Buffer.from(bytes ?? []).toString("latin1"));
    // A log with fewer events than the journal counts was not stored completely, or lost events in a power cut.
    const isTrue = [...(found?.ranges.builds ?? [])].every(
      ([buildId, last]) => last <= (logs.get(buildId) ?? Infinity),
    );
    const known = isTrue ? found : undefined;
    const { epoch, ranges } = known ?? { epoch: randomBytes(6).toString("base64url"), ranges: new FeedRanges() };
    for (const buildId of [...ranges.builds.keys()]) {
      if (!logs.has(buildId)) ranges.forget(buildId);
    }
    const isShared = ranges.isLastShared || countRunning(ranges, logs, unfinished) > 1;
    for (const [buildId, last] of logs) {
      const first = known === undefined ? last + 1 : ranges.reached(buildId) + 1;
      if (last !== Infinity) ranges.add(buildId, first, last + 1 - first, isShared);
    }
    const journal = new FeedJournal(path, epoch, ranges, unfinished);
    await journal.#rewrite();
    return journal;
  }

  /** The sequence number that follows the newest stored event. */
  get end(): number {
    return this.#storedEnd;
  }

  /** Adds events to the ranges and stores them. Call it again only after the promise has settled. */
  async add(additions: readonly FeedAddition[]): Promise<void> {
    if (additions.length === 0) return;
    const { ranges } = this;
    // The last range may become longer, so it is written again.
    const changed = ranges.forgotten + Math.max(0, ranges.length - 1);
    for (const { buildId, first, count, isShared } of additions) ranges.add(buildId, first, count, isShared);
    if (ranges.length > MAX_RANGES) ranges.forgetOldest(MAX_RANGES / 4);
    try {
      if (changed < ranges.forgotten || ranges.forgotten - this.#skipped > MAX_RANGES) await this.#rewrite();
      else await this.#append(changed);
    } catch {
      // The disk may be full. The file differs from the feed from now on, so no later process may continue it.
      await this.#abandon();
    }
    this.#storedEnd = ranges.end;
  }

  /** Closes the file, which then remains valid after a power cut as well. No events may be added afterwards. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    if (this.#file === undefined) return;
    await this.#rewrite({ isClosed: true }).catch(() => this.#abandon());
    await this.#file?.close();
    this.#file = undefined;
  }

  async #append(from: number): Promise<void> {
    const text = this.ranges.from(from).map(encodeRange).join("");
    const position = this.#base + (from - this.#skipped) * RECORD_LENGTH;
    const { bytesWritten = text.length } = (await this.#file?.write(text, position, "latin1")) ?? {};
    if (bytesWritten < text.length) throw new Error("The disk is full");
  }

  async #rewrite({ isClosed = false } = {}): Promise<void> {
    const { ranges, epoch } = this;
    const head: Head = {
      epoch,
      start: ranges.start,
      bootId: isClosed ? null : (bootId() ?? randomBytes(8).toString("hex")),
    };
    // Copy them now: ranges that are removed during the write are still in the file.
    const skipped = ranges.forgotten;
    const kept = ranges.from(skipped);
    const shown = new Set(kept.map(({ buildId }) => buildId));
    // Store the position of all other builds in the feed as well.
    const others = [...ranges.builds].filter(([buildId]) => !shown.has(buildId));
    const marks = others.map(([buildId, last]) => encodeRange({ buildId, first: last + 1, count: 0 }));
    const opening = `${JSON.stringify(head)}\n${marks.join("")}`;
    await replaceFile(this.#path, opening + kept.map(encodeRange).join(""));
    this.#base = opening.length;
    this.#skipped = skipped;
    await this.#file?.close();
    this.#file = undefined;
    this.#file = await open(this.#path, constants.O_RDWR | constants.O_NOFOLLOW);
  }

  async #abandon(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.truncate(0).catch(() => undefined);
    await file?.close().catch(() => undefined);
    await rm(this.#path, { force: true }).catch(() => undefined);
  }
}

/**
 * Returns the number of builds that were running in the part of the logs that the ranges lack, as far as it is known.
 */
function countRunning(ranges: FeedRanges, logs: ReadonlyMap<string, number>, unfinished: UnfinishedBuilds): number {
  let count = 0;
  for (const [buildId, last] of logs) {
    const status = unfinished.get(buildId);
    const hasEnded = status === undefined && last !== Infinity && last > ranges.reached(buildId);
    if (status === "running" || hasEnded) count++;
  }
  return count;
}

function encodeRange({ buildId, first, count, isShared }: FeedAddition): string {
  const columns = [first, count].map((number) => String(number).padStart(NUMBER_LENGTH));
  return `${buildId}${isShared === true ? "*" : " "}${columns.join(" ")}\n`;
}

/** Reads the content of a file; `undefined` when it is not a journal, or a power cut may have damaged it. */
function parse(text: string): { epoch: string; ranges: FeedRanges } | undefined {
  const headEnd = text.indexOf("\n");
  try {
    const head = JSON.parse(text.slice(0, headEnd)) as Head;
    if (!isEpoch(head.epoch) || !Number.isSafeInteger(head.start) || head.start < 1) return undefined;
    const isWhole = (text.length - headEnd - 1) % RECORD_LENGTH === 0;
    // A killed process may have left an incomplete record. In the same boot, the page cache was not lost.
    if (head.bootId === null ? !isWhole : head.bootId !== bootId()) return undefined;
    const ranges = new FeedRanges(head.start);
    for (let at = headEnd + 1; at + RECORD_LENGTH <= text.length; at += RECORD_LENGTH) {
      const record = /^([0-9a-z]{16})([ *]) *(\d+) +(\d+)\n$/.exec(text.slice(at, at + RECORD_LENGTH));
      const [buildId = "", mark, first, count] = record?.slice(1) ?? [];
      if (!isBuildId(buildId)) return undefined;
      ranges.add(buildId, Number(first), Number(count), mark === "*");
    }
    return Number.isSafeInteger(ranges.end) ? { epoch: head.epoch, ranges } : undefined;
  } catch {
    return undefined;
  }
}
