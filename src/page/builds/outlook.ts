import { formatDuration } from "../time.ts";
import { statusWord } from "./status.ts";
import type { Build } from "../model.ts";

/** What can be said about the time that is still to come for a build. */
export interface Outlook {
  /** E.g. `about 12 s left` or `2nd in the queue`; empty when there is nothing to say. */
  readonly text: string;
  /** What the text is reckoned from; empty when it is not reckoned. */
  readonly title: string;
  /** How much of its usual time has passed, from 0 to 99; `undefined` when that means nothing. */
  readonly percent: number | undefined;
}

/** Beyond so many times its usual time a build takes longer than usual, and by at least so many milliseconds. */
const tolerance = { factor: 1.2, milliseconds: 2000 };

/**
 * What is to be expected of a build that waits or runs.
 *
 * @param now the server's time, in milliseconds since 1970.
 */
export function outlook(build: Build, now: number): Outlook {
  const { status, startedAt, estimatedMs } = build;
  if (status !== "running" || startedAt === null || !estimatedMs) {
    return { text: status === "queued" ? place(build) : "", title: "", percent: undefined };
  }
  const passed = Math.max(0, now - Date.parse(startedAt));
  return {
    text: timeLeft(passed, estimatedMs),
    title: sentence(usually(estimatedMs)),
    // Only its end completes a build.
    percent: Math.min(99, Math.floor((100 * passed) / estimatedMs)),
  };
}

/** What is said to those who listen when the state of a build has changed. Said once, since it will not be taken back. */
export function announcement(build: Build): string {
  const { projectName, status, message, estimatedMs } = build;
  if (message !== null) return `${projectName}: ${message}`;
  const more = status === "queued" ? place(build) : status === "running" && estimatedMs ? usually(estimatedMs) : "";
  return `${projectName}: ${statusWord(status)}${more === "" ? "" : `, ${more}`}`;
}

function place({ queuePosition }: Build): string {
  if (queuePosition === null) return "";
  return `${queuePosition === 1 ? "next" : ordinal(queuePosition)} in the queue`;
}

function timeLeft(passed: number, estimated: number): string {
  const left = estimated - passed;
  if (left > 60_000) return `about ${Math.ceil(left / 60_000)} min left`;
  if (left > 0) return `about ${Math.ceil(left / 1000)} s left`;
  const { factor, milliseconds } = tolerance;
  return passed > Math.max(estimated * factor, estimated + milliseconds) ? "longer than usual" : "almost done";
}

function usually(estimated: number): string {
  return `usually takes about ${formatDuration(estimated)}`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function ordinal(number: number): string {
  const isTeen = number % 100 >= 11 && number % 100 <= 13;
  const ending = isTeen ? undefined : ["th", "st", "nd", "rd"][number % 10];
  return `${number}${ending ?? "th"}`;
}
