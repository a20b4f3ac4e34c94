import { Worker } from "node:worker_threads";
import { HttpError } from "../../http/http-error.ts";
import type { LineQuery } from "../../terminal/line-pattern.ts";
import type { LogSource } from "./log-pieces.ts";
import type { SearchReport } from "./search-report.ts";

/** A search in the lines of one log. */
export interface SearchRequest {
  readonly log: LogSource;
  readonly query: LineQuery;
  /** The number of the first line that is searched. */
  readonly from: number;
}

/** A message of the thread. */
export type SearchMessage = SearchReport | { readonly isStarted: true } | { readonly invalidPattern: string };

/** The limits of a search, in milliseconds. */
export interface SearchLimits {
  /** The maximum time between two reports. A thread that is silent for longer is in a pattern that explodes. */
  readonly silence: number;
  readonly time: number;
}

export const SEARCH_LIMITS: SearchLimits = { silence: 1000, time: 30_000 };

/** How often the silence is measured before it is too long. */
const LOOKS = 4;

/** The maximum memory of a thread, in MiB. */
const MEMORY = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16 };

const NOTHING: SearchReport = { scanned: 0, of: 0, count: 0, lines: [], removed: [] };

/**
 * Searches a log in a thread. Resolves after the last report, and rejects without it. The thread has ended by then.
 *
 * @param onReport - Called with each report. The last one has `end`.
 * @param signal - Ends the search. The promise then rejects with the reason.
 * @throws {HttpError} `INVALID_PATTERN`, with the message of the engine, before any report.
 */
export async function searchInThread(
  request: SearchRequest,
  onReport: (report: SearchReport) => void,
  signal: AbortSignal,
  limits: SearchLimits = SEARCH_LIMITS,
): Promise<void> {
  signal.throwIfAborted();
  const thread = startThread(request);
  let looks: NodeJS.Timeout | undefined;
  let limit: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      let last = NOTHING;
      let silentLooks = 0;
      let isOver = false;
      const report = (next: SearchReport): void => {
        if (isOver) return;
        last = next;
        isOver = next.end !== undefined;
        onReport(next);
        if (isOver) resolve();
      };
      const fail = (error: unknown): void => {
        isOver = true;
        reject(error);
      };
      const stop = (): void => report({ ...last, lines: [], removed: [], end: "too-slow" });
      limit = setTimeout(stop, limits.time);
      // Several looks: when the whole process was paused, the thread can report before the last one.
      const look = (): void => void (++silentLooks > LOOKS && stop());
      thread.on("message", (message: SearchMessage) => {
        silentLooks = 0;
        // Not earlier: on a busy machine, a thread can need a second to start.
        if ("isStarted" in message) looks = setInterval(look, limits.silence / LOOKS);
        else if ("invalidPattern" in message) fail(invalidPattern(message.invalidPattern));
        else report(message);
      });
      // A pattern that explodes can also need too much memory.
      thread.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "ERR_WORKER_OUT_OF_MEMORY") stop();
        else fail(isOutOfFiles(error) ? outOfFiles(error) : error);
      });
      thread.on("exit", () => fail(new Error("Cannot search the log: its thread ended")));
      onAbort = () => fail(signal.reason);
      signal.addEventListener("abort", onAbort);
    });
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    await thread.terminate();
    // Not earlier: the thread may only now have started.
    clearInterval(looks);
    clearTimeout(limit);
  }
}

function startThread(request: SearchRequest): Worker {
  const { log } = request;
  return new Worker(new URL("./search-worker.js", import.meta.url), {
    workerData: request,
    transferList: "bytes" in log ? [log.bytes.buffer] : [],
    resourceLimits: MEMORY,
    name: "tailcast search",
    execArgv: [],
  });
}

/** Whether a thread, which needs some file descriptors, did not get them. */
function isOutOfFiles({ code, message }: NodeJS.ErrnoException): boolean {
  return code === "ERR_WORKER_INIT_FAILED" && /\bE[MN]FILE\b/.test(message);
}

function outOfFiles(cause: Error): HttpError {
  const reason = "the server has too many files open; try again later";
  return new HttpError("OUT_OF_FILES", `Cannot search now: ${reason}`, { cause });
}

function invalidPattern(message: string): HttpError {
  return new HttpError("INVALID_PATTERN", `Cannot search: ${message}`);
}
