import { words } from "../words/words.ts";
import type { Build } from "../model.ts";

/** The page mentions that a running build prints nothing after this time, in milliseconds. */
const QUIET_AFTER = 15_000;

/** The extent of a build's log beyond the rows on the page, in line numbers. */
export interface LogExtent {
  /** The number of the last line that arrived; 0 before the first. */
  readonly lastNumber: number;
  /** The last line that the server is known to have dropped; 0 if it may still keep everything. */
  readonly lostThrough: number;
  /** Whether no line will follow. */
  readonly isComplete: boolean;
}

/** Returns the text in place of `count` lines that the server dropped; `undefined` if the number is not known. */
export function gapText(count: number | undefined): string {
  return count === undefined ? words().linesMissing : words().linesGone(count);
}

/**
 * Returns the text above the first row. A link to the raw log follows it, unless all lines are lost.
 *
 * The server may drop more lines without notifying a page that has seen them, so the text does not promise that the
 * others are still available.
 *
 * @param count - The number of lines before the first row.
 * @param lost - The number of these lines that the server is known to have dropped.
 */
export function earlierText(count: number, lost: number): string {
  if (lost === count) return words().earlierGone(count);
  return lost === 0 ? words().earlierElsewhere(count) : words().earlierPartlyGone(count, lost);
}

/** Explains why a line is not on the page; `undefined` while it can still arrive. */
export function absentLineText(number: number, log: LogExtent): string | undefined {
  if (number <= log.lostThrough) return words().lineGone(number);
  if (number > log.lastNumber) return log.isComplete ? words().lineBeyondEnd(number) : undefined;
  return words().lineElsewhere(number);
}

/** The text of the button that scrolls to the end of the log, where `unread` lines have arrived. */
export function jumpText(unread: number): string {
  return unread === 0 ? words().jumpToEnd : words().newLines(unread);
}

/**
 * Returns the text below the last row: why a build prints nothing. It is empty if the build has ended or has printed a
 * byte a moment ago. The time of the last line is not enough: a byte need not change a line.
 *
 * @param lastLine - The time of the last line; `undefined` before the first one.
 * @param now - The server's time. Both are in milliseconds since 1970.
 */
export function waitingText(build: Build | undefined, lastLine: number | undefined, now: number): string {
  if (build?.status === "queued") return words().waitingInQueue;
  if (build?.status !== "running") return "";
  if (lastLine === undefined) return words().waitingForOutput;
  const lastByte = build.lastOutputAt === null ? 0 : Date.parse(build.lastOutputAt);
  const silence = now - Math.max(lastLine, lastByte);
  return silence < QUIET_AFTER ? "" : words().noOutputFor(words().duration(silence, true));
}
