import { words } from "./words/words.ts";
import type { Build, Step } from "./model.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The time of a log line since its build's start, in whole seconds: `0:05`, `12:34`, `1:00:00`. */
export function formatOffset(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / SECOND));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = pad(seconds % 60);
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${pad(minutes)}:${rest}`;
}

/** Formats an age, coarsely so that a list does not tick: `just now`, `5 min ago`, `3 h ago`, `2 days ago`. */
export function formatAgo(milliseconds: number): string {
  if (milliseconds < MINUTE) return words().justNow;
  if (milliseconds < HOUR) return words().minutesAgo(Math.floor(milliseconds / MINUTE));
  if (milliseconds < DAY) return words().hoursAgo(Math.floor(milliseconds / HOUR));
  return words().daysAgo(Math.floor(milliseconds / DAY));
}

/**
 * Returns how long a build or a step took, or has been running, in milliseconds. `undefined` before its start, and if
 * it was lost: its recorded end is the moment at which the server noticed the loss.
 *
 * @param now - The server's time, in milliseconds since 1970.
 */
export function timeTaken(
  run: Pick<Build | Step, "status" | "startedAt" | "finishedAt">,
  now: number,
): number | undefined {
  const { status, startedAt, finishedAt } = run;
  if (startedAt === null || status === "lost") return undefined;
  return (finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt);
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
