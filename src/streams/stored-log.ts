import { FileHistory } from "../channel/history/file-history.ts";
import { EventStreamDecoder } from "../protocol/decode.ts";
import { completeRecord } from "../runner/record.ts";
import type { BuildStore } from "../runner/store/build-store.ts";
import type { BuildRecord } from "../runner/record.ts";
import type { ChannelHistory } from "../channel/history/history.ts";

/** The number in the data of a `line` event. */
const NUMBER = /^\{"number":(\d+)/;

/** The content of a build's log, as far as recovery needs it. */
export interface StoredLog {
  /** Its newest state; `undefined` when the log does not tell of any. */
  readonly record: BuildRecord | undefined;
  /** The highest number of its lines; 0 without lines. */
  readonly lineCount: number;
}

/** Reads a whole log, as clients get it. Meant for the few whose server was killed. */
export async function readStoredLog(history: ChannelHistory): Promise<StoredLog> {
  const decoder = new EventStreamDecoder();
  const reader = history.read(1);
  let state: string | undefined;
  let lineCount = 0;
  try {
    for (let next = 1; next < history.end;) {
      const piece = await reader.next();
      next = piece.next;
      for (const { type, data } of decoder.decode(piece.bytes)) {
        if (type === "line") lineCount = Math.max(lineCount, Number(NUMBER.exec(data)?.[1] ?? 0));
        else if (type === "build" || type === "end") state = data;
      }
    }
  } finally {
    reader.close();
  }
  return {
    record: state === undefined ? undefined : completeRecord(JSON.parse(state) as BuildRecord),
    lineCount,
  };
}

/** How many events the log of each build has; those that have none are left out. `Infinity`: it cannot be read now. */
export async function countStoredEvents(store: BuildStore): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const id of await store.ids()) {
    const count = await FileHistory.openToRead(store.logPath(id), id).then(
      (log) => log.end - 1,
      (error: NodeJS.ErrnoException) => (["ENOENT", "INVALID_HISTORY"].includes(error.code ?? "") ? 0 : Infinity),
    );
    if (count > 0) counts.set(id, count);
  }
  return counts;
}
