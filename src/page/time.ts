import type { Build, Step } from "./model.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * Formats a duration as the server does in the log: `0.4 s`, `42 s`, `3 min 7 s`, `1 h 2 min`. Parts that are zero are
 * left out.
 *
 * @param milliseconds - A negative duration counts as zero, because two clocks never agree perfectly.
 * @param isRunning - Whether the duration still grows. It is then cut to whole seconds, because tenths would flicker.
 *   Default false.
 */
export function formatDuration(milliseconds: number, isRunning = false): string {
  const seconds = Math.max(0, milliseconds) / SECOND;
  // The bound is where the rounded tenth would read 60.0.
  if (!isRunning && seconds < 59.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = isRunning ? Math.floor(seconds) : Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const parts: (readonly [count: number, unit: string])[] =
    whole < 3600
      ? [[Math.floor(whole / 60), "min"], [whole % 60, "s"]]
      : [[Math.floor(whole / 3600), "h"], [Math.floor((whole % 3600) / 60), "min"]];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}

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
  if (milliseconds < MINUTE) return "just now";
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min ago`;
  if (milliseconds < DAY) return `${Math.floor(milliseconds / HOUR)} h ago`;
  const days = Math.floor(milliseconds / DAY);
  return days === 1 ? "1 day ago" : `${days} days ago`;
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
