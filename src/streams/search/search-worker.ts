/** The thread of one search. It reads the log itself, so that neither its size nor the pattern delays the server. */
import { parentPort, workerData } from "node:worker_threads";
import { linePattern } from "../../terminal/line-pattern.ts";
import { Hits } from "./hits.ts";
import { LineScanner } from "./line-scanner.ts";
import { openLog } from "./log-pieces.ts";
import type { LineQuery } from "../../terminal/line-pattern.ts";
import type { SearchEnd } from "./search-report.ts";
import type { SearchMessage, SearchRequest } from "./search-thread.ts";

/** The time between two reports, in milliseconds. */
const REPORT_TIME = 50;

/** The number of lines between two looks at the clock. */
const LINES_PER_LOOK = 8;

/**
 * The number of lines that are not reported before later lines are known. A program can redraw the last 64 rows of its
 * output; the log has lines of the server among them.
 */
const UNSETTLED_LINES = 128;

/** The maximum number of lines in all reports of a search. */
const MAX_REPORTED = 100_000;

/** Thrown when the engine cannot test a line, since the pattern needs too much memory. */
class PatternFailure extends Error {}

function search({ log, query, from }: SearchRequest, send: (message: SearchMessage) => void): void {
  send({ isStarted: true });
  const matches = matcher(query, send);
  if (matches === undefined) return;
  const { pieces, lineCount } = openLog(log);
  const scanner = new LineScanner();
  const hits = new Hits(from, MAX_REPORTED);
  let reportedAt = performance.now();
  let unseen = 0;
  const report = (settled: number, end?: SearchEnd): void => {
    const { last } = scanner;
    const changes = hits.take(settled);
    const progress = { scanned: last, of: Math.max(lineCount, last), count: hits.count, ...changes };
    const reached = end === "complete" && hits.hasOmitted ? "too-many" : end;
    send(reached === undefined ? progress : { ...progress, end: reached });
    reportedAt = performance.now();
  };
  try {
    for (const piece of pieces) {
      scanner.scan(piece, (number, text) => {
        if (number >= from) hits.set(number, matches(text));
        if (++unseen % LINES_PER_LOOK > 0) return;
        if (performance.now() - reportedAt >= REPORT_TIME) report(scanner.last - UNSETTLED_LINES);
      });
    }
    report(scanner.last, "complete");
  } catch (error) {
    if (!(error instanceof PatternFailure)) throw error;
    report(scanner.last, "too-slow");
  }
}

/** Returns the test of a search; `undefined` when its pattern is invalid, which it sends. */
function matcher(query: LineQuery, send: (message: SearchMessage) => void): ((text: string) => boolean) | undefined {
  let pattern: RegExp;
  try {
    pattern = linePattern(query);
    // The engine compiles a pattern when it is used first.
    pattern.test("");
  } catch (error) {
    send({ invalidPattern: (error as Error).message });
    return undefined;
  }
  return (text) => {
    try {
      return pattern.test(text);
    } catch (cause) {
      throw new PatternFailure("The engine cannot test a line", { cause });
    }
  };
}

const port = parentPort;
if (port !== null) search(workerData as SearchRequest, (message) => port.postMessage(message));
