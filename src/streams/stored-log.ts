import { FileHistory } from "../channel/history/file-history.ts";
import { EventStreamDecoder } from "../protocol/decode.ts";
import { LineIndex } from "./lines/line-index.ts";
import { completeRecord } from "../runner/record.ts";
import type { BuildStore } from "../runner/store/build-store.ts";
import type { BuildRecord } from "../runner/record.ts";
import type { ChannelHistory } from "../channel/history/history.ts";
import type { UnfinishedBuilds } from "./feed/journal.ts";

/** The number in the data of a `line` event. */
const NUMBER = /^\{"number":(\d+)/;

/** The content of a build's log that recovery needs. */
export interface StoredLog {
  /** The newest state of the build; `undefined` when the log has none. */
  readonly record: BuildRecord | undefined;
  /** The highest number of its lines; 0 without lines. */
  readonly lineCount: number;
  /** Finds its lines. */
  readonly index: LineIndex;
}

/** Reads a whole log like a client. Used only for the few builds that had not ended. */
export async function readStoredLog(history: Pick<ChannelHistory, "start" | "end" | "read">): Promise<StoredLog> {
  const decoder = new EventStreamDecoder();
  const { start = 1, end } = history;
  const index = new LineIndex();
  if (start === end) return { record: undefined, lineCount: 0, index };
  const reader = history.read(start);
  let state: string | undefined;
  let lineCount = 0;
  try {
    for (let next = start; next < history.end;) {
      const piece = await reader.next();
      next = piece.next;
      for (const { type, data } of decoder.decode(piece.bytes)) {
        if (type === "line") lineCount = Math.max(lineCount, Number(NUMBER.exec(data)?.[1] ?? 0));
        else if (type === "build" || type === "end") state = data;
        index.addEvent(type, data);
      }
    }
  } finally {
    reader.close();
  }
  return {
    record: state === undefined ? undefined : completeRecord(JSON.parse(state) as BuildRecord),
    lineCount,
    index,
  };
}

/** The information about the logs of all builds that the feed needs. */
export interface StoredLogs {
  /** The number of events in each log that has events. `Infinity`: the log cannot be read now. */
  readonly counts: ReadonlyMap<string, number>;
  /** The builds whose logs have no `end` event. */
  readonly unfinished: UnfinishedBuilds;
}

/** Inspects the logs of all builds. It does not read whole logs, only their first or last events. */
export async function surveyLogs(store: BuildStore): Promise<StoredLogs> {
  const counts = new Map<string, number>();
  const unfinished = new Map<string, "queued" | "running">();
  for (const id of await store.ids()) {
    try {
      const log = await FileHistory.openToRead(store.logPath(id), id);
      if (log.end === 1) continue;
      if (!(await isLogEnded(log))) unfinished.set(id, (await hasStarted(log)) ? "running" : "queued");
      counts.set(id, log.end - 1);
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (!["ENOENT", "INVALID_HISTORY"].includes(code)) counts.set(id, Infinity);
    }
  }
  return { counts, unfinished };
}

/** Whether a log contains its `end` event. */
export async function isLogEnded(log: ChannelHistory): Promise<boolean> {
  const reader = log.read(log.end - 1);
  try {
    return (await reader.next()).bytes.toString("latin1").startsWith("event: end\n");
  } finally {
    reader.close();
  }
}

/** Whether a log contains the start of its build, which follows the queued states and precedes the lines. */
async function hasStarted(log: ChannelHistory): Promise<boolean> {
  const decoder = new EventStreamDecoder();
  const reader = log.read(1);
  try {
    for (let next = 1; next < log.end;) {
      const piece = await reader.next();
      next = piece.next;
      for (const { type, data } of decoder.decode(piece.bytes)) {
        if (type === "line" || (JSON.parse(data) as BuildRecord).status === "running") return true;
      }
    }
    return false;
  } finally {
    reader.close();
  }
}
