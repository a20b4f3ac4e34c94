import type { Build, Step } from "./model.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/**
 * A length of time for a person: `0.4s`, `42s`, `3m 07s`, `1h 02m`.
 *
 * @param milliseconds below zero counts as zero: two clocks never agree perfectly.
 * @param precise tenths below ten seconds; leave them out of a number that ticks, where they only flicker. Default
 *   true.
 */
export function formatDuration(milliseconds: number, precise = true): string {
  const length = Math.max(0, milliseconds);
  // The bound is where the rounded tenth would read 10.0.
  if (precise && length < 9950) return `${(length / second).toFixed(1)}s`;
  const seconds = precise ? Math.round(length / second) : Math.floor(length / second);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${pad(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h ${pad(Math.floor((seconds % 3600) / 60))}m`;
}

/** The time of a log line since its build's start, in whole seconds: `0:05`, `12:34`, `1:00:00`. */
export function formatOffset(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / second));
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = pad(seconds % 60);
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${pad(minutes)}:${rest}`;
}

/**
 * How long ago something was, coarsely, so that a list of builds does not tick: `just now`, `5 min ago`, `3 h ago`, `2
 * days ago`.
 */
export function formatAgo(milliseconds: number): string {
  if (milliseconds < minute) return "just now";
  if (milliseconds < hour) return `${Math.floor(milliseconds / minute)} min ago`;
  if (milliseconds < day) return `${Math.floor(milliseconds / hour)} h ago`;
  const days = Math.floor(milliseconds / day);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

/**
 * How long a build or a step took, or has been running for, in milliseconds; `undefined` before it starts, and when it
 * was lost: its end is the moment in which somebody noticed.
 *
 * @param now the server's time, in milliseconds since 1970.
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
