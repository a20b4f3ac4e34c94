import { readStoredLog } from "../stored-log.ts";
import { describeLoss, lostRecord } from "../../runner/store/lost-build.ts";
import type { BuildEvent } from "../../runner/events.ts";
import type { BuildRecord } from "../../runner/record.ts";
import type { LogStore } from "./log-store.ts";

/** The content of a build's shared log, at one moment. */
export interface SharedBuild {
  /** The newest state; `undefined` when the log has none. */
  readonly record: BuildRecord | undefined;
  /** The highest number of its lines. */
  readonly lineCount: number;
  /** Whether the build has started. The store may have removed the states before many lines. */
  readonly isStarted: boolean;
}

/**
 * Reads the log of a build.
 *
 * @throws {TailcastError} (as a rejection) `LOG_UNAVAILABLE`
 */
export async function readSharedBuild(logs: LogStore, buildId: string): Promise<SharedBuild> {
  const log = await logs.open(buildId);
  try {
    await log.refresh();
    const { record, lineCount } = await readStoredLog(log);
    const isStarted = record === undefined ? log.end > 1 : record.status !== "queued";
    return { record, lineCount, isStarted };
  } finally {
    await log.close();
  }
}

/**
 * Reads the last state of a build from its log, which has it before the log of all states.
 *
 * @returns `undefined` if the build has not ended.
 * @throws {TailcastError} (as a rejection) `LOG_UNAVAILABLE`
 */
export async function readEndedBuild(logs: LogStore, buildId: string): Promise<BuildRecord | undefined> {
  const log = await logs.open(buildId);
  try {
    await log.refresh();
    return log.isComplete ? (await readStoredLog(log)).record : undefined;
  } finally {
    await log.close();
  }
}

/**
 * The last state of a build that had started, and whose process has ended.
 *
 * @param record - Its newest known state. It is queued when the store has removed the later ones.
 */
export function lossOf(record: BuildRecord): BuildRecord {
  const isOld = record.status === "queued";
  const message = isOld ? "lost: the server ended while the build was running" : describeLoss(record);
  return lostRecord(record, message, new Date().toISOString());
}

/** The events that end a build which no process runs. Its last line is the message. */
export function endOf(record: BuildRecord, lineCount: number): readonly BuildEvent[] {
  const { id: buildId, message, finishedAt } = record;
  const place = { type: "line", buildId, number: lineCount + 1, step: null, stream: "system" } as const;
  return [
    { ...place, text: message ?? "", time: finishedAt ?? "" },
    { type: "end", build: record },
  ];
}
