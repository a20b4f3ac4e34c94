import { words } from "../words/words.ts";
import type { Build } from "../model.ts";

/** The page mentions that a running build prints nothing after this time, in milliseconds. */
const QUIET_AFTER = 15_000;

/** Explains why a line does not exist; `undefined` while it can still arrive. */
export function absentLineText(number: number, lineCount: number, isComplete: boolean): string | undefined {
  return number > lineCount && isComplete ? words().lineBeyondEnd(number) : undefined;
}

/** The text of the button that scrolls to the end of the log, where `unread` lines have arrived. */
export function jumpText(unread: number): string {
  return unread === 0 ? words().jumpToEnd : words().newLines(unread);
}

/**
 * Returns the text below the last row: why a build prints nothing. It is empty if the build has ended or has printed a
 * byte a moment ago. The time of the last line is not enough: a byte need not change a line.
 *
 * @param lastLine - The time of the last line; `undefined` before the first one, and 0 if it is not known.
 * @param now - The server's time. Both are in milliseconds since 1970.
 */
export function waitingText(build: Build | undefined, lastLine: number | undefined, now: number): string {
  if (build?.status === "queued") return words().waitingInQueue;
  if (build?.status !== "running") return "";
  if (lastLine === undefined) return words().waitingForOutput;
  const lastByte = build.lastOutputAt === null ? 0 : Date.parse(build.lastOutputAt);
  const last = Math.max(lastLine, lastByte);
  const silence = now - last;
  return last === 0 || silence < QUIET_AFTER ? "" : words().noOutputFor(words().duration(silence, true));
}
